/* SPDX-License-Identifier: Apache-2.0 */
/* etc - the files of /etc that a pod's network and name decide */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "etc.h"
#include "path.h"
#include "prog.h"
#include "publish.h"
#include "scope.h"

enum { RESOLV_MAX = 64 * 1024 };

/*
 * Writes a file that is not there.  O_EXCL follows no link and takes nothing
 * that is there already, a dangling link, a fifo or a device among it.
 */
static void
add(int etc, const char *name, const char *text)
{
	autofd int fd =
	    openat(etc, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd < 0 ? errno != EEXIST : write_all(fd, text, strlen(text)) < 0)
		prog_die("/etc/%s", name);
}

/* The host's, wherever the host keeps it. */
static void
add_resolver(int etc)
{
	autofd int fd =
	    open("/etc/resolv.conf", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	autofree char *text =
	    fd < 0 ? NULL : path_read_fd(fd, RESOLV_MAX, NULL);

	if (text != NULL)
		add(etc, "resolv.conf", text);
}

void
etc_fill(int root, const char *hostname)
{
	autofd int etc = inroot_open(root, "etc", O_RDONLY | O_DIRECTORY, 0);
	autofree char *hosts = xasprintf("127.0.0.1 localhost %s\n"
					 "::1 localhost %s\n",
	    hostname, hostname);
	autofree char *name = xasprintf("%s\n", hostname);

	if (etc < 0)
		return;
	add(etc, "hosts", hosts);
	add(etc, "hostname", name);
	add_resolver(etc);
	if (symlinkat("../proc/self/mounts", etc, "mtab") < 0 &&
	    errno != EEXIST)
		prog_die("/etc/mtab");
}
