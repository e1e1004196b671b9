/* SPDX-License-Identifier: Apache-2.0 */
/* target - a running pod that is entered or attached to, and one of its apps */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "alloc.h"
#include "escape.h"
#include "plan.h"
#include "prog.h"
#include "scope.h"
#include "target.h"

enum {
	START_TRIES = 100, /* every 10 ms, for a pod that is starting */
	START_WAIT_NS = 10000000,
};

void
target_find(const char *beginning, struct target *target)
{
	autofree char *shown = escape(beginning);
	char uuid[UUID_SIZE];
	int found = pod_resolve(beginning, uuid);

	if (found == 0)
		prog_diex("no matches found for \"%s\"", shown);
	if (found > 1)
		prog_diex("ambiguous uuid, %d matches", found);
	if (found < 0 || pod_open(uuid, &target->pod) < 0)
		prog_die("pod %s", shown);
	target->process = pod_pid_open(&target->pod, &target->pid);
	if (target->pod.place != POD_RUN || target->process < 0)
		prog_diex("pod \"%s\" isn't currently running", uuid);
}

/*
 * Some containers' filters refuse pidfd_getfd(2), systemd-nspawn's say, but not
 * this way, which takes the same right.  The pidfd says afterwards that it was
 * pod-init's.
 */
static int
open_fd(const struct target *target, int fd)
{
	autofree char *path =
	    xasprintf("/proc/%ld/fd/%d", (long)target->pid, fd);
	autofd int own = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (own < 0 ||
	    syscall(SYS_pidfd_send_signal, target->process, 0, NULL, 0) < 0)
		return -1;
	return take_fd(&own);
}

/* The pidfd says that it is the same process. */
int
target_copy(const struct target *target, int fd)
{
	return (int)syscall(SYS_pidfd_getfd, target->process, fd, 0);
}

int
target_fd(const struct target *target, int fd)
{
	int copy = target_copy(target, fd);

	return copy < 0 && errno == EPERM ? open_fd(target, fd) : copy;
}

/* The plan, once pod-init has it: the pid is known before that. */
void
target_plan(struct target *target)
{
	const struct timespec pause = { .tv_nsec = START_WAIT_NS };

	for (int i = 0; i < START_TRIES; i++) {
		target->fd = target_fd(target, PLAN_FD);
		if (target->fd >= 0)
			target->plan = plan_map(target->fd);
		if (target->plan != NULL)
			return;
		if (target->fd >= 0)
			(void)close(target->fd);
		if (errno == ESRCH)
			break;
		(void)nanosleep(&pause, NULL);
	}
	prog_die("pod %s: pod-init's plan", target->pod.uuid);
}

const char *
target_app(const struct target *target, uint32_t app)
{
	return plan_at(target->plan, target->plan->apps[app].name);
}

void
target_choose(struct target *target, const char *name, const char *verb)
{
	uint32_t count = target->plan->app_count;
	autofree char *shown = name == NULL ? NULL : escape(name);

	if (name == NULL && count == 1)
		return;
	for (; name != NULL && target->app < count; target->app++)
		if (strcmp(target_app(target, target->app), name) == 0)
			return;
	if (name != NULL)
		prog_diex("pod %s: no app called %s", target->pod.uuid, shown);
	warnx("pod contains multiple apps:");
	for (uint32_t i = 0; i < count; i++)
		(void)fprintf(stderr, "\t%s\n", target_app(target, i));
	prog_diex("specify app using \"rkt %s --app= ...\"", verb);
}
