/* SPDX-License-Identifier: Apache-2.0 */
/* log - what an app wrote, in two files of which one is older */
#pragma once

#include <stdint.h>

/*
 * POD/log/APP and POD/log/APP.1 are written in turn: when one has half of the
 * limit, the other is emptied and goes on.  Each is a struct log_head and
 * then frames: a struct log_frame with so many bytes behind it, as they were
 * read.  The generation says which of the two is the older.  rkt-pod(5) has
 * the format.
 */
#define LOG_MAGIC UINT64_C(0x0a31676f6c746b72) /* "rktlog1\n" */

enum {
	LOG_PIECE = 16 * 1024,  /* a frame with its bytes at most */
	LOG_MIN = 128 * 1024,   /* of a limit */
	LOG_DEFAULT = 64 << 20, /* the limit, of both files together */
};

/* Which descriptor of the app's it was; 0: its terminal. */
enum log_stream { LOG_TERMINAL, LOG_OUT, LOG_ERR };

struct log_head {
	uint64_t magic;
	uint64_t generation;
	uint64_t limit;
	uint64_t lost;  /* bytes that could not be written, */
	uint32_t error; /* and why the last of them */
	uint32_t unused;
};

struct log_frame {
	uint64_t time; /* ns since 1970 */
	uint32_t length;
	uint32_t stream;
};

/*
 * Opens the log of an app in dir, the pod's directory, for more of it: the
 * older file is other.  One that was cut off is put right.  Returns 0, or -1
 * and errno.
 */
int log_open(
    int dir, const char *app, uint64_t limit, int *current, int *other);
