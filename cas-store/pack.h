/* SPDX-License-Identifier: Apache-2.0 */
/* pack - a directory and a manifest become the archive of an image */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fault.h"

enum packing { PACK_GZIP, PACK_BZIP2, PACK_XZ, PACK_NONE };

struct pack {
	enum packing packing;
	bool has_owner; /* uid and gid are those of every file */
	uint32_t uid, gid;
	bool no_sockets; /* they are left out, and counted in sockets */
	unsigned sockets;
	int64_t newest; /* seconds since 1970: later times become this one */
	const char *dir;
	const void *manifest;
	size_t length;
	char *dropped; /* out: an extended attribute left out, for the caller */
};

/*
 * Writes the archive to fd: the manifest, and what is below dir, in the order
 * of the names' bytes, as rootfs.  The same files give the same bytes.
 * Links stay links; of extended attributes those are kept that cas-put keeps.
 * Refused: sockets, unless they are to be left out, and a file that changes
 * while it is read.  Returns 0, or -1 with fault.
 */
int pack_write(struct pack *pack, int fd, struct fault *fault);
