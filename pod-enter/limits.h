/* SPDX-License-Identifier: Apache-2.0 */
/* limits - the resource limits of every app */
#pragma once

#include <sys/resource.h>

struct app_limit {
	__rlimit_resource_t resource;
	struct rlimit limit;
	const char *name; /* NULL: the end */
};

/* Of pod-enter, which warns of them, and of pod-init, which sets them. */
static const struct app_limit app_limits[] = {
	{ RLIMIT_NOFILE, { 1024, 524288 }, "RLIMIT_NOFILE" },
	{ RLIMIT_CORE, { 0, 0 }, "RLIMIT_CORE" },
	{ RLIMIT_MEMLOCK, { 65536, 65536 }, "RLIMIT_MEMLOCK" },
	{ .name = NULL },
};

/*
 * Warns of what apps will not have since this process cannot raise its own: a
 * lower limit than theirs.  That they cannot raise it as far is not told.
 */
void limits_report(void);

/* As many descriptors as may be: each mount of the pod is one for a while. */
void limits_raise_own(void);
