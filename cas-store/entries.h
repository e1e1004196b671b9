/* SPDX-License-Identifier: Apache-2.0 */
/* entries - what the archives of an image hold, as a file */
#pragma once

#include "entry.h"
#include "fault.h"

/* How many an image may have, those that are overwritten among them. */
enum { ENTRIES_MAX = 1000 * 1000 };

/* Files grow by so much, and places in them are numbers of 28 bits. */
enum { ENTRIES_UNIT = 8 };
#define ENTRIES_END ((UINT64_C(1) << 28) * ENTRIES_UNIT)

/*
 * A million files are more than is to be had in memory: there only their
 * names are, and files keep the rest, one for each archive.  They are all that
 * passes between who reads an archive and who believes none of it; and the
 * store keeps them with the blobs, which then need not be read again.
 */
struct part {
	int fd;
	uint32_t base; /* where its first byte is among all entries */
};

/* Bytes that were read, and are what the entry read last points into. */
struct window {
	unsigned char *bytes;
	uint64_t at; /* their place among all */
	size_t length, room;
	struct xattr *xattrs;
	size_t xattr_room;
};

struct entries {
	int tmp;
	struct part *parts; /* that of device 1 is the first */
	uint32_t part_count;
	uint64_t end; /* of all, with what is in the buffer */
	uint32_t count;
	unsigned char *buffer; /* not yet written */
	size_t filled;
	struct window in_turn, looked_at;
	struct fault *fault;
};

/* New files will be in the directory tmp, without names. */
void entries_start(struct entries *entries, int tmp, struct fault *fault);
void entries_stop(struct entries *entries);

/*
 * Begins those of the next device, in a new file.  When all are added it gets
 * its head.  Each returns 0, or -1 with fault.
 */
int entries_begin(struct entries *entries);
int entries_finish(struct entries *entries);

/*
 * Takes over the file fd for those of the next device.  1; 0 if it is none of
 * ours, and then is closed; or -1 with fault: there are too many.
 */
int entries_adopt(struct entries *entries, int fd);

/* The file of a device's, and the size of the last one. */
int entries_file(const struct entries *entries, uint32_t device);
uint64_t entries_size(const struct entries *entries);

/*
 * Where the next entry that is added will be: not 0, and less than 2^28.  It
 * is what entries_get() is told.
 */
uint32_t entries_next(const struct entries *entries);

/* Appends one.  0, or -1 with fault: there are too many. */
int entries_add(struct entries *entries, const struct entry *entry);

/*
 * The entry at *at, and moves *at to the next.  0, or -1 with fault.  It is
 * good until the next one is got, whatever is looked at meanwhile.
 */
int entries_get(struct entries *entries, uint32_t *at, struct entry *entry);

/*
 * The entry of an inode, which 0 is none of: a directory 0755, and root's.
 * It is good until the next one is looked at.
 */
int entries_look(struct entries *entries, uint32_t at, struct entry *entry);

/* Writes out what is in the buffer.  0, or -1 with fault. */
int entries_flush(struct entries *entries);

/* Says that the file is not as it should be.  Returns -1. */
int entries_damaged(struct entries *entries);
