/* SPDX-License-Identifier: Apache-2.0 */
/* holder - a process that does nothing but be in new namespaces */

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc.h"
#include "chain.h"
#include "holder.h"
#include "publish.h"
#include "scope.h"
#include "uids.h"

int
holder_make(struct holder *holder, uint64_t spaces)
{
	struct clone_args clone = { .flags = spaces, .exit_signal = SIGCHLD };
	int ends[2];
	char word;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	holder->pid = (pid_t)syscall(SYS_clone3, &clone, sizeof clone);
	if (holder->pid == 0) {
		(void)close(ends[1]);
		(void)!read(ends[0], &word, 1);
		_exit(0);
	}
	scope_close(&ends[0]);
	if (holder->pid < 0) {
		scope_close(&ends[1]);
		return -1;
	}
	holder->pipe = ends[1];
	return 0;
}

int
holder_open(const struct holder *holder, const char *file, int flags)
{
	autofree char *path =
	    xasprintf("/proc/%ld/%s", (long)holder->pid, file);
	autofd int fd = open(path, flags | O_CLOEXEC);

	return fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, CHAIN_HOST_NET + 1);
}

int
holder_map(const struct holder *holder, uint32_t inside, uint32_t outside)
{
	static const char *const files[] = { "uid_map", "gid_map" };
	autofree char *text =
	    xasprintf("%u %u %d\n", inside, outside, UIDS_COUNT);

	for (size_t i = 0; i < 2; i++) {
		autofd int fd = holder_open(holder, files[i], O_WRONLY);

		if (fd < 0 || write_all(fd, text, strlen(text)) < 0)
			return -1;
	}
	return 0;
}

void
holder_end(struct holder *holder)
{
	scope_close(&holder->pipe);
	while (waitpid(holder->pid, NULL, 0) < 0 && errno == EINTR)
		;
}
