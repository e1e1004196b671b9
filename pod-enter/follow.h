/* SPDX-License-Identifier: Apache-2.0 */
/* follow - shows what an app writes to who is attached to it */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "replay.h"

struct pod;

/* How far it has come. */
enum progress { IDLE, MORE, BLOCKED, GONE };

struct follower {
	const struct pod *pod;
	const char *app; /* NULL: it has no log, so there is nothing to show */
	struct replay log;
	uint64_t told;
	int out[2]; /* for its stdout and stderr */
	int to;     /* of them is written to, */
	struct log_frame frame;
	const char *next; /* the rest of this; NULL: no frame is on its way */
	size_t left;
};

/*
 * From where the last one who was attached has left off.  What fails ends the
 * process, here and below.
 */
void follow_open(
    struct follower *follower, const struct pod *pod, const char *app);

/*
 * Writes what is taken at once of what there is.  BLOCKED: nothing, until
 * poll(2) says that to takes more.  GONE: its terminal was hung up.
 */
enum progress follow_show(struct follower *follower);

/*
 * An inotify descriptor that says when there may be more; -1: there is none,
 * as root has too many, and one looks now and then.
 */
int follow_watch(const struct follower *follower);

/* Leaves word of how far this one came. */
void follow_keep(const struct follower *follower);
