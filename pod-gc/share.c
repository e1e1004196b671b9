/* SPDX-License-Identifier: Apache-2.0 */
/* share - of many pods, those that are one process's to see to */

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "share.h"
#include "uuid.h"

/* Fewer pods for each are not worth a fork; more processes only queue. */
enum { PODS_EACH = 16, SHARES_MAX = 8 };

bool
share_has(const struct share *share, const char *uuid)
{
	return uuid_hash(uuid) % share->count == share->number;
}

static uint32_t
shares_for(size_t pods)
{
	size_t count = pods / PODS_EACH;
	cpu_set_t own;

	if (count > SHARES_MAX)
		count = SHARES_MAX;
	if (count < 2 || sched_getaffinity(0, sizeof own, &own) < 0)
		return 1;
	if (count > (size_t)CPU_COUNT(&own))
		count = (size_t)CPU_COUNT(&own);
	return (uint32_t)count;
}

/* Its errno is its exit status. */
static pid_t
fork_one(const struct share *share,
    int (*work)(const struct share *share, void *data), void *data)
{
	const pid_t parent = getpid();
	const pid_t pid = fork();

	if (pid != 0)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EINTR);
	_exit(work(share, data) < 0 ? errno : 0);
}

/* 0, or the errno of one that failed. */
static int
await(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

int
share_out(
    size_t pods, int (*work)(const struct share *share, void *data), void *data)
{
	struct share share = { .count = shares_for(pods) };
	pid_t others[SHARES_MAX] = { 0 };
	int error = 0;

	/* So that they do not tear each other's lines. */
	if (share.count > 1)
		(void)setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
	for (share.number = 1; share.number < share.count; share.number++)
		others[share.number] = fork_one(&share, work, data);
	for (share.number = 0; share.number < share.count; share.number++)
		if (others[share.number] <= 0 && work(&share, data) < 0)
			error = errno;
	for (uint32_t i = 1; i < share.count; i++) {
		int its = others[i] > 0 ? await(others[i]) : 0;

		if (its != 0)
			error = its;
	}
	errno = error;
	return error == 0 ? 0 : -1;
}
