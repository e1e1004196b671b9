/* SPDX-License-Identifier: Apache-2.0 */
/* garbage - the passes over the pods, each to the next place of its life */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct garbage_ages {
	int64_t grace;    /* of pods that have exited, in nanoseconds */
	int64_t prepared; /* of pods that were prepared and never run */
	bool mark_only;   /* find out what is garbage, and remove nothing */
};

/*
 * One gc: collects what was marked before and is past its grace period, moves
 * aside and collects what failed or expired before it ran, and marks the pods
 * that have exited since.  A pod that cannot be moved or removed gets a line on
 * stderr and is left to the next gc.  Returns 0, or -1 and errno if a
 * directory of pods cannot be read.
 */
int garbage_collect(const struct garbage_ages *ages);
