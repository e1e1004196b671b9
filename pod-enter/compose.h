/* SPDX-License-Identifier: Apache-2.0 */
/* compose - the plan of a pod, from its manifest */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct groups;
struct pod;
struct pod_manifest;
struct root;
struct streams;
struct userns;

/* What is the same for all apps. */
struct compose {
	const struct pod *pod;
	const struct pod_manifest *manifest;
	const struct root *roots; /* of the apps, in their order */
	const struct groups *groups;
	const struct userns *userns;
	uint32_t flags; /* PLAN_… */
	const struct streams *own;
	bool terminal;        /* the first app has the pod's */
	int notifier;         /* which app gets NOTIFY_SOCKET; -1: none */
	const char *metadata; /* AC_METADATA_URL, or NULL */
};

/*
 * Resolves users in the images, and writes all that pod-init needs into a
 * sealed memfd.  What fails ends the process.
 */
int compose_plan(const struct compose *compose);
