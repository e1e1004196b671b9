/* SPDX-License-Identifier: Apache-2.0 */
/* header - the fields of a tar header */
#pragma once

#include "pax.h"
#include "tar.h"

/* Offsets and lengths of a header's fields. */
enum {
	NAME = 0,
	NAME_LENGTH = 100,
	MODE = 100,
	UID = 108,
	GID = 116,
	ID_LENGTH = 8,
	SIZE = 124,
	MTIME = 136,
	LONG_LENGTH = 12,
	CHECKSUM = 148,
	CHECKSUM_LENGTH = 8,
	TYPE = 156,
	LINK = 157,
	LINK_LENGTH = 100,
	MAGIC = 257,
	MAJOR = 329,
	MINOR = 337,
	PREFIX = 345,
	PREFIX_LENGTH = 155,
};

/* All of these return 0, or -1 after tar_refuse(). */

/* A numeric field, in octal or in base 256; what is its name in a message. */
int header_number(struct tar *tar, const unsigned char *field, size_t length,
    const char *what, int64_t *value);

/* Its sum, and that it is ustar's, pax' or GNU's. */
int header_check(struct tar *tar, const unsigned char *header);

/* Mode, owner, group and time, as an extended header before it has them. */
int header_times_and_ids(struct tar *tar, const unsigned char *header,
    const struct pax *pax, struct entry *entry);

int header_device(
    struct tar *tar, const unsigned char *header, struct entry *entry);
