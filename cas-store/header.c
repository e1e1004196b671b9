/* SPDX-License-Identifier: Apache-2.0 */
/* header - the fields of a tar header */

#include <stdint.h>
#include <string.h>
#include <sysexits.h>

#include "header.h"

/* Octal digits, after blanks and before a blank or NUL; or base 256. */
int
header_number(struct tar *tar, const unsigned char *field, size_t length,
    const char *what, int64_t *value)
{
	uint64_t n = 0;
	size_t i = 0;

	if ((*field & 0x80) != 0) {
		bool negative = *field == 0xff;
		unsigned char fill = negative ? 0xff : 0;

		/* GNU and star: 0x80 or 0xff, then two's complement. */
		if (!negative && *field != 0x80)
			return tar_refuse(tar, "%s out of range", what);
		for (i = 1; i < length; i++) {
			if (i + 8 < length && field[i] != fill)
				return tar_refuse(tar, "%s out of range", what);
			n = i == 1 ? fill : n;
			n = n << 8 | field[i];
		}
		if (negative && length <= 8)
			n |= ~(uint64_t)0 << (8 * (length - 1));
		*value = (int64_t)n;
		return (*value < 0) == negative
			   ? 0
			   : tar_refuse(tar, "%s out of range", what);
	}
	while (i < length && field[i] == ' ')
		i++;
	for (; i < length && field[i] >= '0' && field[i] <= '7'; i++)
		n = n << 3 | (uint64_t)(field[i] - '0');
	if (i < length && field[i] != ' ' && field[i] != '\0')
		return tar_refuse(tar, "%s is not a number", what);
	*value = (int64_t)n;
	return 0;
}

/* The sum of a header's bytes, with blanks in place of the sum itself. */
int
header_check(struct tar *tar, const unsigned char *header)
{
	int64_t claimed = 0;
	int sum = CHECKSUM_LENGTH * ' ';

	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += header[i];
	for (size_t i = CHECKSUM; i < CHECKSUM + CHECKSUM_LENGTH; i++)
		sum -= header[i];
	if (header_number(tar, header + CHECKSUM, CHECKSUM_LENGTH, "checksum",
		&claimed) < 0)
		return -1;
	if (claimed != sum)
		return tar_refuse(tar, "damaged header");
	if (memcmp(header + MAGIC, "ustar\0", 6) != 0 &&
	    memcmp(header + MAGIC, "ustar ", 6) != 0)
		return tar_refuse(tar, "not a ustar, pax or GNU header");
	return 0;
}

static int
id_number(struct tar *tar, const unsigned char *field, const char *what,
    bool has, uint64_t extended_value, uint32_t *id)
{
	int64_t value = 0;

	/* A header that cannot hold the number may hold anything. */
	if (has)
		value = (int64_t)extended_value;
	else if (header_number(tar, field, ID_LENGTH, what, &value) < 0)
		return -1;
	if (value < 0 || value >= UINT32_MAX)
		return tar_refuse(tar, "%s out of range", what);
	*id = (uint32_t)value;
	return 0;
}

int
header_times_and_ids(struct tar *tar, const unsigned char *header,
    const struct pax *pax, struct entry *entry)
{
	int64_t mode = 0;

	if (header_number(tar, header + MODE, ID_LENGTH, "mode", &mode) < 0)
		return -1;
	entry->mode = (uint32_t)mode & 07777;
	if (pax->has_mtime) {
		entry->mtime = pax->mtime;
		entry->mtime_nsec = pax->mtime_nsec;
	} else if (header_number(tar, header + MTIME, LONG_LENGTH, "mtime",
		       &entry->mtime) < 0) {
		return -1;
	}
	if (entry->mtime > INT64_MAX / 2 || entry->mtime < -INT64_MAX / 2)
		return tar_refuse(tar, "mtime out of range");
	if (id_number(tar, header + UID, "uid", pax->has_uid, pax->uid,
		&entry->uid) < 0)
		return -1;
	return id_number(
	    tar, header + GID, "gid", pax->has_gid, pax->gid, &entry->gid);
}

/* 12 bits of major and 20 of minor are what Linux has. */
int
header_device(struct tar *tar, const unsigned char *header, struct entry *entry)
{
	int64_t major = 0, minor = 0;

	if (header_number(tar, header + MAJOR, ID_LENGTH, "major", &major) <
		0 ||
	    header_number(tar, header + MINOR, ID_LENGTH, "minor", &minor) < 0)
		return -1;
	if (major < 0 || major > 0xfff || minor < 0 || minor > 0xfffff)
		return tar_refuse(tar, "device number out of range");
	entry->major = (uint32_t)major;
	entry->minor = (uint32_t)minor;
	return 0;
}
