/* SPDX-License-Identifier: Apache-2.0 */
/* inflate - the tar out of what an image is distributed as */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "fault.h"

/*
 * A decoder: the caller sets next_in, left_in, next_out and left_out, and
 * inflate_run() moves them as far as it comes.
 */
struct inflate {
	const unsigned char *next_in;
	size_t left_in;
	unsigned char *next_out;
	size_t left_out;

	const struct codec *codec;
	void *state; /* of the codec */
};

/* That many bytes are enough for inflate_start() to tell the format. */
enum { INFLATE_MAGIC = 262 };

/*
 * Chooses gzip, bzip2, xz, zstd or nothing by the first bytes of the file
 * (never by a name).  Returns 0, or -1 with EX_DATAERR in fault if it is none
 * of them.
 */
int inflate_start(struct inflate *inflate, const unsigned char *head,
    size_t length, struct fault *fault);

/* Is the file the tar itself, so that nothing needs inflating? */
bool inflate_is_plain(const struct inflate *inflate);

/*
 * Goes on until there is no input left or no room for output; at_end says
 * that no input follows.  Several compressed streams behind one another are
 * one, anything else behind one is an error, and so is a stream that is cut.
 * Returns 0, or -1 with EX_DATAERR.
 */
int inflate_run(struct inflate *inflate, bool at_end, struct fault *fault);

/* Has inflate_run() with at_end come to a proper end? */
bool inflate_done(const struct inflate *inflate);

void inflate_stop(struct inflate *inflate);
