/* SPDX-License-Identifier: Apache-2.0 */
/* await - wait until a pod has started, or ended */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "await.h"
#include "clock.h"
#include "pod.h"
#include "scope.h"

/*
 * In milliseconds, how often is looked when no event need come: the lock is
 * free a moment after its file was closed.
 */
enum { STEP = 20, HOUR = 3600000, MILLI = 1000000 };

/* All that a pod's directory shows of its way: pid, lock, place. */
enum { EVENTS = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVE_SELF | IN_DELETE_SELF };

/* Where the pod is now.  -1 and errno. */
static int
open_again(struct pod *pod)
{
	struct pod found = { .dir = -1 };

	if (pod_open(pod->uuid, &found) < 0)
		return -1;
	scope_close(&pod->dir);
	*pod = found;
	return 0;
}

/* It is watched from before its state is looked at.  Once is enough. */
static bool
watch(int events, const struct pod *pod)
{
	char path[32];

	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", pod->dir);
	return inotify_add_watch(events, path, EVENTS) >= 0;
}

static void
drain(int events)
{
	char buffer[4096];

	while (read(events, buffer, sizeof buffer) > 0)
		;
}

static bool
reached(const struct pod *pod, enum pod_state state, enum await what)
{
	autofd int process = -1;
	pid_t pid;

	switch (state) {
	case POD_IS_EMBRYO:
	case POD_IS_PREPARING:
	case POD_IS_PREPARED:
		return false;
	case POD_IS_RUNNING:
		if (what == AWAIT_START)
			process = pod_pid_open(pod, &pid);
		return process >= 0;
	case POD_IS_ABORTED_PREPARE:
	case POD_IS_EXITED:
	case POD_IS_EXITED_GARBAGE:
	case POD_IS_EXITED_DELETING:
	case POD_IS_GARBAGE:
	case POD_IS_DELETING:
		break;
	}
	return true;
}

/* Of the pod's process, unless it is dead and only waits for its parent. */
static int
open_process(const struct pod *pod)
{
	pid_t pid;
	struct pollfd process = { .fd = pod_pid_open(pod, &pid),
		.events = POLLIN };

	if (poll(&process, 1, 0) == 1)
		scope_close(&process.fd);
	return process.fd;
}

/*
 * Until something happens, or it is time to look again.  A directory that is
 * removed says so only when nobody has it open.
 */
static void
pause_for(int events, struct pod *pod, enum pod_state state, int64_t left)
{
	autofd int process = state == POD_IS_RUNNING ? open_process(pod) : -1;
	struct pollfd both[] = { { .fd = events, .events = POLLIN },
		{ .fd = process, .events = POLLIN } };
	bool sure = events >= 0 && (state == POD_IS_PREPARED || process >= 0);
	int64_t limit = sure ? HOUR : STEP;

	if (left / MILLI < limit)
		limit = left / MILLI + 1;
	scope_close(&pod->dir);
	(void)poll(both, 2, (int)limit);
	if (both[0].revents != 0)
		drain(events);
}

int
await(struct pod *pod, enum await what, int64_t nanoseconds)
{
	autofd int events = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	bool watched = false;
	int64_t end;

	if (nanoseconds < 0 ||
	    __builtin_add_overflow(clock_steady(), nanoseconds, &end))
		end = INT64_MAX;
	for (;;) {
		enum pod_state state;
		int64_t left;

		if (!watched && events >= 0 && !(watched = watch(events, pod)))
			scope_close(&events);
		if (open_again(pod) < 0)
			return -1;
		state = pod_state(pod);
		if (reached(pod, state, what))
			return 0;
		left = end - clock_steady();
		if (left <= 0) {
			errno = EAGAIN;
			return -1;
		}
		pause_for(events, pod, state, left);
	}
}
