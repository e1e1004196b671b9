/* SPDX-License-Identifier: Apache-2.0 */
/* limit - how much of the machine an app, or a pod, may use */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "controller.h"

struct isolator;

/* 0: no limit. */
struct limits {
	int64_t memory; /* bytes, swap included */
	int64_t cpu;    /* thousandths of a processor */
	int64_t shares; /* of the processors' time, 2 to 262144 */
	int64_t pids;   /* processes and threads */
};

/*
 * Takes the limits out of a list of isolators, as the manifest's reader has
 * let them through; the others are passed over.  A request without a limit
 * is for schedulers, and none.  0, or -1 with *why, which the caller frees.
 */
int limits_read(const struct isolator *list, size_t count,
    struct limits *limits, char **why);

/* Does an isolator of this name become one of the limits? */
bool limits_know(const char *isolator);

/* The controllers that they need, a bit each; and of which isolator each is. */
unsigned limits_controllers(const struct limits *limits);
const char *limits_isolator(enum controller which);

/* Takes out those of one controller. */
void limits_drop(struct limits *limits, enum controller which);

/*
 * Writes them into the files of a control group, opened as a directory: those
 * of all controllers of cgroup v2, or those of one hierarchy of v1.  Returns
 * 0, or -1 and errno; ENOENT: the controller is not switched on there.
 */
int limits_write(int group, const struct limits *limits);
int limits_write_v1(
    int group, enum controller which, const struct limits *limits);
