/* SPDX-License-Identifier: Apache-2.0 */
/* garbage - the passes over the pods, each to the next place of its life */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "alloc.h"
#include "collect.h"
#include "ended.h"
#include "garbage.h"
#include "num.h"
#include "pod.h"
#include "prog.h"
#include "scope.h"
#include "share.h"

#define COLLECTING "Garbage collecting container"

/* The words of rkt, on stderr, as its users know them. */
static void
say(const char *what, const struct pod *pod, const char *end)
{
	(void)fprintf(stderr, "%s \"%s\"%s\n", what, pod->uuid, end);
}

/* 0, or -1: another gc was first, or a line is on stderr. */
static int
move(struct pod *pod, enum pod_place to, const char *what)
{
	if (pod_move(pod, to) < 0) {
		if (errno != ENOENT)
			warn("pod \"%s\": left", pod->uuid);
		return -1;
	}
	say(what, pod, " to garbage");
	return 0;
}

/* Has another gc moved it on, and perhaps removed it, since we found it? */
static bool
is_elsewhere(const struct pod *pod)
{
	autofd int place = pod_place_open(pod->place);

	return place >= 0 &&
	       faccessat(place, pod->uuid, F_OK, AT_SYMLINK_NOFOLLOW) < 0 &&
	       errno == ENOENT;
}

/* The lock of a pod to be moved, or -1, with a line if that is strange. */
static int
lock_quietly(const struct pod *pod)
{
	int lock = ended_lock(pod);
	int error = errno;

	if (lock < 0 && error != EAGAIN &&
	    (error != ENOENT || !is_elsewhere(pod))) {
		errno = error;
		warn("pod \"%s\": lock", pod->uuid);
	}
	return lock;
}

/* Those that never ran need no second gc, unless this one only marks. */
static void
move_aside(struct pod *pod, const struct garbage_ages *ages, const char *what)
{
	if (move(pod, POD_GARBAGE, what) < 0 || ages->mark_only)
		return;
	say(COLLECTING, pod, "");
	(void)collect(pod);
}

static int
mark_exited(struct pod *pod, const struct garbage_ages *ages)
{
	autofd int lock = lock_quietly(pod);

	(void)ages;
	if (lock < 0)
		return 0;
	/* On a full disk the time of the move has to do for a mark. */
	if (ended_mark(lock) < 0 && errno != ENOSPC && errno != EDQUOT)
		warn("pod \"%s\": left", pod->uuid);
	else
		(void)move(pod, POD_EXITED_GARBAGE, "Moving container");
	return 0;
}

static int
move_failed(struct pod *pod, const struct garbage_ages *ages)
{
	autofd int lock = lock_quietly(pod);

	if (lock >= 0)
		move_aside(pod, ages, "Moving failed prepare");
	return 0;
}

/* Without a lock, too: nobody is about to take that while we hold embryos. */
static int
move_embryo(struct pod *pod, const struct garbage_ages *ages)
{
	autofd int lock = ended_lock(pod);

	if (lock >= 0 || errno == ENOENT)
		move_aside(pod, ages, "Moving failed prepare");
	return 0;
}

static int
move_expired(struct pod *pod, const struct garbage_ages *ages)
{
	autofd int lock = -1;

	if (ended_age(pod) < ages->prepared)
		return 0;
	lock = lock_quietly(pod);
	if (lock >= 0)
		move_aside(pod, ages, "Moving expired prepared container");
	return 0;
}

static int
collect_exited(struct pod *pod, const struct garbage_ages *ages)
{
	autofd int lock = -1;

	if (ended_age(pod) < ages->grace) {
		autofree char *grace = duration_format(ages->grace);

		if (prog_debug())
			warnx("pod \"%s\" not removed: still within grace "
			      "period (%s)",
			    pod->uuid, grace);
		return 0;
	}
	lock = lock_quietly(pod);
	if (lock < 0)
		return 0;
	say(COLLECTING, pod, "");
	(void)collect(pod);
	return 0;
}

/* One whose lock is gone has next to nothing left in it: its lock goes last. */
static int
collect_garbage(struct pod *pod, const struct garbage_ages *ages)
{
	autofd int lock = ended_lock(pod);

	(void)ages;
	if (lock < 0 && (errno != ENOENT || collect_rest(pod) == 0))
		return 0;
	say(COLLECTING, pod, "");
	(void)collect(pod);
	return 0;
}

/* What is done with each pod of a place. */
struct pass {
	enum pod_place place;
	int (*visit)(struct pod *pod, const struct garbage_ages *ages);
};

/* Passes, one after the other, over those pods that are in the share. */
struct passes {
	const struct pass *pass;
	size_t count;
	const struct garbage_ages *ages;
	const struct share *share;
};

static int
visit_own(struct pod *pod, void *data)
{
	const struct passes *passes = data;

	return share_has(passes->share, pod->uuid)
		   ? passes->pass->visit(pod, passes->ages)
		   : 0;
}

static int
go_over(const struct share *share, void *data)
{
	struct passes passes = *(const struct passes *)data;

	passes.share = share;
	for (; passes.count > 0; passes.count--, passes.pass++)
		if (pod_each(passes.pass->place, visit_own, &passes) < 0)
			return -1;
	return 0;
}

static int
collect_marked(const struct garbage_ages *ages)
{
	static const struct pass pass[] = {
		{ POD_GARBAGE, collect_garbage },
		{ POD_EXITED_GARBAGE, collect_exited },
		{ POD_PREPARED, move_expired },
	};
	struct passes passes = { pass, sizeof pass / sizeof *pass, ages, NULL };

	return share_out(pod_count(POD_GARBAGE) + pod_count(POD_EXITED_GARBAGE),
	    go_over, &passes);
}

static int
mark_ended(const struct garbage_ages *ages)
{
	static const struct pass pass[] = {
		{ POD_RUN, mark_exited },
		{ POD_PREPARE, move_failed },
	};
	struct passes passes = { pass, sizeof pass / sizeof *pass, ages, NULL };

	return share_out(pod_count(POD_RUN), go_over, &passes);
}

/* While some are being made, those that were left wait for another gc. */
static int
move_embryos(const struct garbage_ages *ages)
{
	static const struct pass pass = { POD_EMBRYO, move_embryo };
	const struct share all = { .count = 1 };
	struct passes passes = { &pass, 1, ages, NULL };
	autofd int alone = pod_embryos_hold(true);

	if (alone < 0)
		return errno == ENOENT || errno == EAGAIN ? 0 : -1;
	return go_over(&all, &passes);
}

/*
 * Collects before it marks, so that no pod is found to have exited and removed
 * by the same gc.
 */
int
garbage_collect(const struct garbage_ages *ages)
{
	if (!ages->mark_only && collect_marked(ages) < 0)
		return -1;
	return mark_ended(ages) < 0 ? -1 : move_embryos(ages);
}
