/* SPDX-License-Identifier: Apache-2.0 */
/* tar - the entries of a tar archive, and where their data lies in it */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "fault.h"

/* An extended attribute, its value as it stands in the archive. */
struct xattr {
	struct xattr *next;
	char *name;
	unsigned char *value;
	size_t size;
};

/* A run of a sparse file: length bytes at offset lie at where. */
struct extent {
	uint64_t offset;
	uint64_t length;
	uint64_t where;
};

struct tar_entry {
	char *name; /* as it stands there, not empty */
	char *link; /* of hard and symbolic links, not empty; else NULL */
	char type;  /* '0' file, '1' hard link … '6' fifo, as in a header */
	uint32_t mode; /* the twelve bits of permission */
	uint32_t uid, gid;
	uint32_t major, minor;
	int64_t mtime;
	uint32_t mtime_nsec;
	uint64_t size;          /* of the file */
	uint64_t data;          /* offset of its data in the archive */
	struct extent *extents; /* NULL: not sparse */
	size_t extent_count;
	struct xattr *xattrs;
};

enum { TAR_BLOCK = 512, TAR_WINDOW = 16 * TAR_BLOCK };

struct tar {
	int fd;
	uint64_t size;  /* of the archive */
	uint64_t next;  /* offset of the next header */
	uint64_t count; /* entries so far: the number that messages name */
	uint64_t window_at;
	size_t window_length;
	struct fault *fault;
	unsigned char window[TAR_WINDOW];
};

/* The archive is fd, of that size.  0, or -1 with fault. */
int tar_start(struct tar *tar, int fd, uint64_t size, struct fault *fault);

/*
 * The next entry: 1 with *entry for tar_entry_free(), 0 at the proper end of
 * the archive, -1 with fault.  All data that an entry names lies inside the
 * archive, in whole blocks.
 */
int tar_next(struct tar *tar, struct tar_entry *entry);

/* Refuses the current entry: "entry 7: " and the text.  Returns -1. */
int tar_refuse(struct tar *tar, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A block of the archive, valid until the next call.  NULL with fault. */
const unsigned char *tar_block(struct tar *tar, uint64_t at);

/* At most max bytes with a NUL after them, for the caller to free.  Likewise */
char *tar_read(struct tar *tar, uint64_t at, uint64_t length, size_t max);

/* n rounded up to whole blocks. */
uint64_t tar_round(uint64_t n);

void tar_entry_free(struct tar_entry *entry);
void xattrs_free(struct xattr *xattrs);
