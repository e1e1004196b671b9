/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox - what an app may be, from its mount namespace to its exec */
#pragma once

#include <stdbool.h>

#include "plan.h"

/* A command of an app that is to run. */
struct sandbox {
	struct plan *plan;
	const struct plan_app *app;
	int mounts;        /* the app's mount namespace */
	int streams[3];    /* what 0, 1 and 2 are to be; -1: as they are */
	char **argv;       /* what to run */
	const char *shown; /* argv[0] for messages */
	char *term;        /* TERM=… for an app that has none, or NULL */
	bool terminal;     /* the terminal of its streams is to be its own */
	bool joined;       /* dies with pod-enter --join */
};

/*
 * Becomes the command: the one way into an app, for its start, its handlers
 * and for pod-enter --join.  Called in a process of its own, in the app's
 * cgroup and in all the pod's namespaces but the one of mounts, not dumpable,
 * with every capability.  What fails is told on stderr, and ends the process
 * with the plan's status, with CHAIN_NOTFOUND or with CHAIN_NOEXEC.
 */
_Noreturn void sandbox_run(const struct sandbox *sandbox);
