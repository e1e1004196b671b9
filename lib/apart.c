/* SPDX-License-Identifier: Apache-2.0 */
/* apart - a child process that gives up its rights before it begins */

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "apart.h"
#include "confine.h"

static int
compare(const void *a, const void *b)
{
	const int *one = a, *two = b;

	return *one - *two;
}

static int
close_others(int *keep, size_t count)
{
	unsigned from = 0;

	qsort(keep, count, sizeof *keep, compare);
	for (size_t i = 0; i < count; i++) {
		unsigned fd = (unsigned)keep[i];

		if (fd > from && syscall(SYS_close_range, from, fd - 1, 0) < 0)
			return -1;
		from = fd + 1;
	}
	return (int)syscall(SYS_close_range, from, ~0U, 0);
}

pid_t
apart_fork(const struct confine *plan, int *keep, size_t count)
{
	pid_t parent = getpid(), pid = fork();

	if (pid != 0)
		return pid;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent ||
	    close_others(keep, count) < 0 || confine(plan, NULL) < 0)
		_exit(EX_OSERR);
	return 0;
}

int
apart_wait(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}
