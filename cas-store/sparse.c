/* SPDX-License-Identifier: Apache-2.0 */
/* sparse - where the pieces of a sparse file lie in a tar archive
 *
 * The pieces are stored one behind the other, each from the beginning of a
 * block.  GNU tar has written the map of them in four ways: old, 0.0, 0.1 and
 * 1.0; of 0.0 pax.c makes 0.1.
 */

#include <string.h>

#include "alloc.h"
#include "num.h"
#include "scope.h"
#include "sparse.h"

enum {
	EXTENTS_MAX = 64 * 1024,
	MAP_MAX = 2 * 1024 * 1024, /* bytes of a map as text */
	/* The old form: pairs of numbers of 12 bytes in header and after it */
	OLD_PAIRS = 386,
	OLD_IN_HEADER = 4,
	OLD_MORE = 482,
	OLD_REAL = 483,
	OLD_IN_BLOCK = 21,
	OLD_BLOCK_MORE = 504,
	OLD_PAIR = 24,
};

/* What no file system that we unpack to would refuse. */
#define SPARSE_MAX (UINT64_C(2) << 40)

/* Appends a piece; they must be in order and not touch what is stored. */
static int
add(struct tar *tar, struct entry *entry, uint64_t offset, uint64_t length)
{
	struct extent *last = NULL;
	uint64_t where = entry->data;

	if (offset > entry->size || length > entry->size - offset)
		return tar_refuse(tar, "sparse file: a piece beyond its end");
	if (length == 0)
		return 0; /* marks a hole at the end */
	if (entry->extent_count == EXTENTS_MAX)
		return tar_refuse(tar, "sparse file: too many pieces");
	if (entry->extent_count > 0) {
		last = &entry->extents[entry->extent_count - 1];
		if (offset < last->offset + last->length)
			return tar_refuse(
			    tar, "sparse file: pieces out of order");
		where = last->where + tar_round(last->length);
	}
	if ((entry->extent_count & (entry->extent_count + 1)) == 0)
		entry->extents = xreallocarray(entry->extents,
		    2 * entry->extent_count + 1, sizeof *entry->extents);
	entry->extents[entry->extent_count++] = (struct extent){
		.offset = offset, .length = length, .where = where
	};
	return 0;
}

/* Do the pieces take what is stored, no more and no less? */
static int
finish(struct tar *tar, struct entry *entry, uint64_t stored)
{
	uint64_t end = entry->data, exact = end;

	entry->sparse = true;
	if (entry->size > SPARSE_MAX)
		return tar_refuse(tar, "sparse file: larger than 2 TiB");
	if (entry->extent_count > 0) {
		const struct extent *last =
		    &entry->extents[entry->extent_count - 1];

		exact = last->where + last->length;
		end = last->where + tar_round(last->length);
	}
	if (stored != exact - entry->data && stored != end - entry->data)
		return tar_refuse(
		    tar, "sparse file: its pieces are not what is stored");
	return 0;
}

/* A number as in the headers: octal, or binary with the top bit set. */
static int
old_number(struct tar *tar, const unsigned char *field, uint64_t *value)
{
	uint64_t number = 0;
	size_t i = 0;

	if (*field == 0x80) {
		for (i = 4; i < 12; i++)
			number = number << 8 | field[i];
	} else {
		for (; i < 12 && field[i] >= '0' && field[i] <= '7'; i++)
			number = number << 3 | (uint64_t)(field[i] - '0');
		if (i == 0 || (i < 12 && field[i] != '\0' && field[i] != ' '))
			return tar_refuse(tar, "sparse file: malformed map");
	}
	if (number > INT64_MAX)
		return tar_refuse(tar, "sparse file: malformed map");
	*value = number;
	return 0;
}

static int
old_pairs(struct tar *tar, const unsigned char *pair, size_t count,
    struct entry *entry)
{
	for (size_t i = 0; i < count; i++, pair += OLD_PAIR) {
		uint64_t offset = 0, length = 0;

		if (*pair == '\0')
			return 0;
		if (old_number(tar, pair, &offset) < 0 ||
		    old_number(tar, pair + OLD_PAIR / 2, &length) < 0 ||
		    add(tar, entry, offset, length) < 0)
			return -1;
	}
	return 0;
}

int
sparse_old(
    struct tar *tar, uint64_t header, uint64_t *stored, struct entry *entry)
{
	const unsigned char *block = tar_block(tar, header);
	uint64_t maps = 0;
	bool more;

	/* How many blocks of map follow?  The data begins behind them. */
	if (block == NULL ||
	    old_number(tar, block + OLD_REAL, &entry->size) < 0)
		return -1;
	for (more = block[OLD_MORE] != 0; more; maps++) {
		block = tar_block(tar, header + (maps + 1) * TAR_BLOCK);
		if (block == NULL)
			return -1;
		if (maps > EXTENTS_MAX / OLD_IN_BLOCK)
			return tar_refuse(tar, "sparse file: too many pieces");
		more = block[OLD_BLOCK_MORE] != 0;
	}
	entry->data += maps * TAR_BLOCK;
	block = tar_block(tar, header);
	if (block == NULL ||
	    old_pairs(tar, block + OLD_PAIRS, OLD_IN_HEADER, entry) < 0)
		return -1;
	for (uint64_t i = 1; i <= maps; i++) {
		block = tar_block(tar, header + i * TAR_BLOCK);
		if (block == NULL ||
		    old_pairs(tar, block, OLD_IN_BLOCK, entry) < 0)
			return -1;
	}
	return finish(tar, entry, *stored);
}

/* Cuts off the next number of a map, which ends in separator or at the end. */
static int
next_number(struct tar *tar, char **text, char separator, uint64_t *value)
{
	char *end = *text + strspn(*text, "0123456789");
	bool more = *end == separator;

	if (!more && *end != '\0')
		return tar_refuse(tar, "sparse file: malformed map");
	*end = '\0';
	if (num_parse(*text, 0, INT64_MAX, value) < 0)
		return tar_refuse(tar, "sparse file: malformed map");
	*text = more ? end + 1 : end;
	return 0;
}

static int
pairs(struct tar *tar, char *text, char separator, uint64_t count,
    struct entry *entry)
{
	for (uint64_t i = 0; i < count; i++) {
		uint64_t offset = 0, length = 0;

		if (next_number(tar, &text, separator, &offset) < 0 ||
		    next_number(tar, &text, separator, &length) < 0 ||
		    add(tar, entry, offset, length) < 0)
			return -1;
	}
	return 0;
}

/* 1.0: the map is text before the data: a count and pairs, one a line. */
static int
version_1(struct tar *tar, uint64_t *stored, struct entry *entry)
{
	uint64_t count = 0, lines = 0, length = 0, at = entry->data;
	autofree char *map = NULL;
	char *text;

	do {
		const unsigned char *block = tar_block(tar, at + length);

		if (block == NULL)
			return -1;
		for (size_t i = 0; i < TAR_BLOCK; i++) {
			if (lines == 0 && block[i] >= '0' && block[i] <= '9')
				count = 10 * count + (uint64_t)(block[i] - '0');
			lines += block[i] == '\n';
			if (lines == 2 * count + 1)
				break;
			if (count > EXTENTS_MAX)
				return tar_refuse(
				    tar, "sparse file: too many pieces");
		}
		length += TAR_BLOCK;
		if (length > *stored || length > MAP_MAX)
			return tar_refuse(tar, "sparse file: malformed map");
	} while (lines < 2 * count + 1);
	map = tar_read(tar, at, length, MAP_MAX);
	if (map == NULL)
		return -1;
	entry->data += length;
	*stored -= length;
	text = map;
	if (next_number(tar, &text, '\n', &count) < 0)
		return -1;
	return pairs(tar, text, '\n', count, entry);
}

/* 0.x: the map is in the extended header, offset,length,offset,length. */
static int
version_0(struct tar *tar, const struct pax *pax, struct entry *entry)
{
	autofree char *map = xstrdup(pax->sparse_map);
	uint64_t numbers = 1;

	for (const char *p = map; *p != '\0'; p++)
		numbers += *p == ',';
	if (numbers % 2 != 0 || numbers / 2 > EXTENTS_MAX)
		return tar_refuse(tar, "sparse file: malformed map");
	return pairs(tar, map, ',', numbers / 2, entry);
}

int
sparse_pax(struct tar *tar, const struct pax *pax, uint64_t *stored,
    struct entry *entry)
{
	bool one = pax->has_major && pax->major == 1 && pax->minor == 0 &&
		   pax->sparse_map == NULL;
	bool zero =
	    !pax->has_major && pax->sparse_map != NULL && !pax->sparse_odd;
	int result;

	if (!pax->has_real || (!one && !zero))
		return tar_refuse(tar, "a sparse file of a form not supported");
	entry->size = pax->real;
	result =
	    one ? version_1(tar, stored, entry) : version_0(tar, pax, entry);
	return result < 0 ? -1 : finish(tar, entry, *stored);
}
