/* SPDX-License-Identifier: Apache-2.0 */
/* seccomp - the system call filter of an app */

#include <errno.h>
#include <linux/bpf_common.h>
#include <linux/filter.h>
#include <string.h>

#include "alloc.h"
#include "default-filter.h"
#include "path.h"
#include "pod.h"
#include "prog.h"
#include "scope.h"
#include "seccomp.h"

struct sock_filter *
seccomp_program(const struct pod *pod, const char *app, size_t *instructions)
{
	autofree char *path = xasprintf("%s.bpf", app);
	size_t length = 0;
	char *own = path_read(
	    pod->dir, path, BPF_MAXINSNS * sizeof(struct sock_filter), &length);

	if (own != NULL && length % sizeof(struct sock_filter) == 0) {
		*instructions = length / sizeof(struct sock_filter);
		return (void *)own;
	}
	if (own != NULL)
		errno = EINVAL;
	if (errno != ENOENT)
		prog_die("%s: %s", app, path);
	own = xcalloc(1, sizeof default_filter);
	memcpy(own, default_filter, sizeof default_filter);
	*instructions = sizeof default_filter / sizeof *default_filter;
	return (void *)own;
}
