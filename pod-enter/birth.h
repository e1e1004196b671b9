/* SPDX-License-Identifier: Apache-2.0 */
/* birth - pid 1 of a pod, from clone to exec */
#pragma once

#include <sys/types.h>

#include "dev.h"
#include "groups.h"
#include "plan.h"
#include "userns.h"

struct pod;
struct pod_manifest;
struct root;
struct streams;

struct birth {
	const struct pod *pod;
	struct root *roots; /* of the apps */
	size_t count;
	struct dev_shared shared;
	const char *hostname;
	const struct pod_manifest *manifest;
	struct groups groups;
	struct userns userns;
	int plan;            /* sealed */
	int streams[3];      /* what the apps have as 0, 1 and 2, */
	struct streams *own; /* but for what is each one's own */
	uint32_t flags;      /* of the plan */
	int ready; /* set for PLAN_NOTIFY: a byte is there to be read then */
};

/*
 * Makes the pod's namespaces with pod-init in them, records its process, and
 * lets it go.  If the plan has PLAN_READY, waits until the apps were started,
 * unless it has PLAN_NOTIFY too.
 * Returns the pid; what fails ends the process.
 */
pid_t birth_pod(struct birth *birth);

/*
 * A descriptor of pod-init's program, through a mount of it that can only be
 * read: nothing in a pod can write to what it runs (CVE-2019-5736).
 */
int birth_program(void);

/*
 * Gives descriptors their numbers: from[i] becomes to[i], open across exec.
 * None of them may be above the highest of to unless it is in from.
 */
void birth_place(const int *from, const int *to, size_t count);
