/* SPDX-License-Identifier: Apache-2.0 */
/* output - an index on its way to the disk, from its beginning to its end */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct output {
	int fd;
	uint64_t written; /* all before it is in the buffer or the file */
	size_t filled;
	unsigned char *buffer;
};

/* Each returns 0, or -1 and errno; output_end() in any case. */
void output_start(struct output *output, int fd);
int output_end(struct output *output);

int output_put(struct output *output, const void *bytes, uint64_t length);

/* Zeros up to an offset, which lies at most a superblock ahead. */
int output_pad(struct output *output, uint64_t to);
