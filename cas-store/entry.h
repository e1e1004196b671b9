/* SPDX-License-Identifier: Apache-2.0 */
/* entry - a member of an archive: a file, and all that is said of it */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An extended attribute, its value as it stands in the archive. */
struct xattr {
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

/*
 * What it points to belongs to whom it came from, and is good until the next
 * one is asked for.
 */
struct entry {
	char *name; /* as it stands there, not empty */
	char *link; /* of hard and symbolic links, not empty; else NULL */
	char type;  /* '0' file, '1' hard link … '6' fifo, as in a header */
	bool sparse;
	uint32_t mode; /* the twelve bits of permission */
	uint32_t uid, gid;
	uint32_t major, minor;
	int64_t mtime;
	uint32_t mtime_nsec;
	uint64_t size;          /* of the file */
	uint64_t data;          /* offset of its data in the archive */
	uint32_t device;        /* which archive: the image's first is 1 */
	struct extent *extents; /* of a sparse file, in order */
	size_t extent_count;
	struct xattr *xattrs;
	size_t xattr_count;
};

/* The type as st_mode has it; a hard link is none (0). */
uint32_t entry_type(const struct entry *entry);

/*
 * May an image bring this attribute for such a file?  Others are the host's
 * (security.*, trusted.*), or change what an overlay shows.
 */
bool xattr_is_allowed(const struct xattr *xattr, char type);

/* Is it no file's capabilities, or well-formed ones? */
bool xattr_is_valid(const struct xattr *xattr);
