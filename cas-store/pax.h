/* SPDX-License-Identifier: Apache-2.0 */
/* pax - the extended header that stands before an entry of a tar archive */
#pragma once

#include <stdbool.h>

#include "tar.h"

/* What one says; it goes before what the entry's own header says. */
struct pax {
	bool any; /* there was such a header */
	char *path;
	char *link;
	bool has_size, has_uid, has_gid, has_mtime;
	uint64_t size;
	uint64_t uid, gid;
	int64_t mtime;
	uint32_t mtime_nsec;
	struct xattr *xattrs;
	size_t xattr_count;
	size_t xattr_bytes;
	/* GNU.sparse.*: versions 0.0, 0.1 and 1.0 */
	char *sparse_name;
	char *sparse_map;
	size_t sparse_used, sparse_room; /* of 0.0's map, bytes */
	bool sparse_odd;                 /* it ends with an offset */
	bool has_real, has_major, has_minor;
	uint64_t real;
	uint64_t major, minor;
};

/*
 * Reads the records, whose bytes are changed.  A global one may say nothing
 * that matters to us.  Returns 0, or -1 with fault.
 */
int pax_parse(
    struct tar *tar, char *bytes, size_t length, bool global, struct pax *pax);

void pax_free(struct pax *pax);
