/* SPDX-License-Identifier: Apache-2.0 */
/* replay - reads the log of an app, also while it is written */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "log.h"

enum { REPLAY_WINDOW = 4 * LOG_PIECE };

struct replay {
	char *app;
	int fds[2];
	int which; /* of them is read now */
	uint64_t generation;
	off_t at;      /* of the next frame */
	off_t start;   /* of what the window has */
	size_t length; /* of that */
	bool too_slow; /* what was next is gone; the reader resets it */
	uint64_t lost; /* that pod-init could not write, and why */
	int error;
	char window[REPLAY_WINDOW];
};

/* Opens the log of an app in dir, the pod's directory.  -1 and errno. */
int replay_open(int dir, const char *app, struct replay *replay);
void replay_close(struct replay *replay);

/*
 * The next frame, whose bytes lie in the window until the next call; it is
 * the same one until replay_take().  Returns 1, 0 if there is none yet, or -1
 * and errno (EBADMSG: not a log).
 */
int replay_peek(
    struct replay *replay, struct log_frame *frame, const char **bytes);
void replay_take(struct replay *replay, const struct log_frame *frame);

/* Goes where a reader has been before, if that is still there. */
void replay_seek(struct replay *replay, uint64_t generation, off_t at);

/* Tells on stderr what is missing, once. */
void replay_report(struct replay *replay, uint64_t *told);
