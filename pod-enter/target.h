/* SPDX-License-Identifier: Apache-2.0 */
/* target - a running pod that is entered or attached to, and one of its apps */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "pod.h"

struct plan;

struct target {
	struct pod pod;
	pid_t pid;   /* pod-init's */
	int process; /* the same as a pidfd */
	int fd;      /* of the plan */
	struct plan *plan;
	uint32_t app;
};

/* By a beginning of its UUID.  What fails ends the process, here and below. */
void target_find(const char *beginning, struct target *target);

/* A copy of a descriptor of pod-init's, or -1 and errno. */
int target_copy(const struct target *target, int fd);

/* The same for what is only looked at: a copy, or the file opened again. */
int target_fd(const struct target *target, int fd);

/* The plan, which pod-init may not have yet. */
void target_plan(struct target *target);

const char *target_app(const struct target *target, uint32_t app);

/* The app of that name, or the only one; verb is rkt's, for the message. */
void target_choose(struct target *target, const char *name, const char *verb);
