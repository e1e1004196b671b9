/* SPDX-License-Identifier: Apache-2.0 */
/* groups - the control groups of a pod and its apps, with their limits */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "controller.h"
#include "limit.h"
#include "plan.h"

struct pod;
struct pod_manifest;
struct userns;

/*
 * A pod that asks for no limit of processes may have as many as this, threads
 * included: enough for any app, and too few for a fork bomb to fill the
 * machine with.
 */
enum { PIDS_DEFAULT = 4096 };

struct groups {
	int pod;  /* in the unified hierarchy, where pid 1 is born; or -1 */
	int init; /* list of processes of "init", where it goes from there; -1
		   */
	int enter[CONTROLLERS]; /* the same of the pod in v1 hierarchies; -1 */
	/* Of each app in v1 hierarchies, from 0 on as far as there are any. */
	int app[PLAN_APPS_MAX][PLAN_GROUPS];
	uint32_t app_count[PLAN_APPS_MAX];
	bool unbounded;   /* no group limits the number of processes */
	unsigned divided; /* controllers to be switched on for the apps */
	struct limits limits[PLAN_APPS_MAX];
};

/*
 * Makes what the pod needs of it: the group in the unified hierarchy with one
 * for each app, and one in each hierarchy of v1 that has a limit's controller.
 * The pod's limits bound the sum of its apps'.  Without any hierarchy a pod
 * without limits goes on; a limit that cannot be had ends the process.
 */
void groups_make(const struct pod *pod, const struct pod_manifest *manifest,
    struct groups *groups);

/*
 * Lets the root of the pod's user namespace, which is not the host's, move
 * processes between the groups of the pod.
 */
void groups_give(const struct groups *groups,
    const struct pod_manifest *manifest, const struct userns *userns);

/*
 * In pid 1, born in the pod's group: enters the pod's other groups, makes of
 * them the roots that are seen from inside, and goes to "init".
 */
void groups_enter(const struct groups *groups);

/*
 * Outside, once pid 1 has left the pod's group: switches the controllers on
 * for the apps, which is not possible before, and writes their limits.
 */
void groups_divide(
    const struct groups *groups, const struct pod_manifest *manifest);

/*
 * The lists of processes that somebody who joins an app must write itself to;
 * how many there are.  What fails ends the process.
 */
int groups_of_app(
    const struct pod *pod, const char *app, int lists[CONTROLLERS]);

/* Writes this process to such a list. */
int groups_go(int list);
