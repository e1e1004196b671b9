/* SPDX-License-Identifier: Apache-2.0 */
/* tar - the entries of a tar archive, and where their data lies in it */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "entry.h"
#include "fault.h"

enum { TAR_BLOCK = 512, TAR_WINDOW = 16 * TAR_BLOCK };

struct tar {
	int fd;
	uint64_t size;  /* of the archive */
	uint64_t next;  /* offset of the next header */
	uint64_t count; /* entries so far: the number that messages name */
	uint64_t window_at;
	size_t window_length;
	struct fault *fault;
	struct entry entry; /* the current one */
	unsigned char window[TAR_WINDOW];
};

/* The archive is fd, of that size.  0, or -1 with fault; tar_stop() ends it. */
int tar_start(struct tar *tar, int fd, uint64_t size, struct fault *fault);
void tar_stop(struct tar *tar);

/*
 * The next entry, tar->entry: 1, 0 at the proper end of the archive, or -1
 * with fault.  All data that an entry names lies inside the archive, in whole
 * blocks.
 */
int tar_next(struct tar *tar);

/* Refuses the current entry: "entry 7: " and the text.  Returns -1. */
int tar_refuse(struct tar *tar, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A block of the archive, valid until the next call.  NULL with fault. */
const unsigned char *tar_block(struct tar *tar, uint64_t at);

/* At most max bytes with a NUL after them, for the caller to free.  Likewise */
char *tar_read(struct tar *tar, uint64_t at, uint64_t length, size_t max);

/* n rounded up to whole blocks. */
uint64_t tar_round(uint64_t n);
