/* SPDX-License-Identifier: Apache-2.0 */
/* copy - bytes into a file: a range of another, or those that come */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Without our memory where the file systems can.  0, or -1 and errno; EIO: the
 * first file is shorter. */
int copy_range(int from, uint64_t at, int to, uint64_t offset, uint64_t length);

/* A file that is written from its beginning to its end. */
struct growing {
	int fd;
	uint64_t size;
	uint64_t told; /* the disk was told to write up to here */
};

/*
 * Appends; the disk begins early to write, so that the fsync(2) at the end is
 * short.  0, or -1 and errno.
 */
int growing_add(struct growing *file, const void *bytes, size_t length);
