/* SPDX-License-Identifier: Apache-2.0 */
/* compose - the plan of a pod, from its manifest */
#pragma once

#include <stdint.h>

struct pod;
struct pod_manifest;
struct root;

/* What is the same for all apps. */
struct compose {
	const struct pod *pod;
	const struct pod_manifest *manifest;
	const struct root *roots; /* of the apps, in their order */
	uint32_t flags;           /* PLAN_… */
	uint32_t app_flags;       /* APP_TERMINAL (the first), APP_LOG (all) */
	int notifier;             /* which app gets NOTIFY_SOCKET; -1: none */
};

/*
 * Resolves users in the images, and writes all that pod-init needs into a
 * sealed memfd.  What fails ends the process.
 */
int compose_plan(const struct compose *compose);
