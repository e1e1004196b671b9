/* SPDX-License-Identifier: Apache-2.0 */
/* entries - what the archives of an image hold, as a file */
#pragma once

#include "entry.h"
#include "fault.h"

/* How many an image may have, those that are overwritten among them. */
enum { ENTRIES_MAX = 1000 * 1000 };

/* The file grows by so much, and places in it are numbers of 28 bits. */
enum { ENTRIES_UNIT = 8 };
#define ENTRIES_END ((UINT64_C(1) << 28) * ENTRIES_UNIT)

/*
 * A million files are more than is to be had in memory: there only their
 * names are, and this file keeps the rest.  It is all that passes between who
 * reads an archive and who believes none of it.
 */
struct entries {
	int fd;
	uint64_t end; /* of the file, with what is in the buffer */
	uint32_t count;
	unsigned char *buffer; /* not yet written */
	size_t filled;
	unsigned char *window; /* read */
	uint64_t window_at;
	size_t window_length, window_room;
	struct xattr *xattrs; /* of the entry read last */
	size_t xattr_room;
	struct fault *fault;
};

/* An unnamed file in the directory tmp.  Returns 0, or -1 with fault. */
int entries_open(struct entries *entries, int tmp, struct fault *fault);
void entries_close(struct entries *entries);

/*
 * Where the next entry that is added will be: not 0, and less than 2^28.  It
 * is what entries_get() is told.
 */
uint32_t entries_next(const struct entries *entries);

/* Appends one.  0, or -1 with fault: there are too many. */
int entries_add(struct entries *entries, const struct entry *entry);

/* The entry at *at, and moves *at to the next.  0, or -1 with fault. */
int entries_get(struct entries *entries, uint32_t *at, struct entry *entry);

/* The entry of an inode, which 0 is none of: a directory 0755, and root's. */
int entries_look(struct entries *entries, uint32_t at, struct entry *entry);

/* Writes out what is in the buffer.  0, or -1 with fault. */
int entries_flush(struct entries *entries);

/* Says that the file is not as it should be.  Returns -1. */
int entries_damaged(struct entries *entries);
