/* SPDX-License-Identifier: Apache-2.0 */
/* decoder - inflating, in a process that can do nothing else
 *
 * It gets the compressed bytes through a pipe and appends what they unpack to
 * a file.  What is there once it cannot change any more: so who follows behind
 * it and hashes the file knows what is in it.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "fault.h"
#include "inflate.h"

struct decoder {
	int input; /* for the compressed bytes: does not block; -1: closed */
	int notes; /* for decoder_note() */
	pid_t pid;
	int to;
};

/*
 * Starts one with the inflate that inflate_start() has made, to append to the
 * empty file to.  Returns 0, or -1 with fault.
 */
int decoder_start(struct decoder *decoder, struct inflate *inflate, int to,
    struct fault *fault);

/*
 * What it says next, when notes can be read: 1 with *size, to which the file
 * has grown; 0: it has come to the proper end, and the file has *size; -1 with
 * fault.
 */
int decoder_note(struct decoder *decoder, uint64_t *size, struct fault *fault);

/* Ends it, whatever it is doing. */
void decoder_stop(struct decoder *decoder);
