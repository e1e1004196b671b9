/* SPDX-License-Identifier: Apache-2.0 */
/* shape - how much room a file takes in an index */

#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "dirents.h"
#include "shape.h"

enum { CHUNKS_MAX = 64 * 1024 /* of one file */ };

uint64_t
shape_align(uint64_t n, uint64_t to)
{
	return (n + to - 1) & ~(to - 1);
}

uint8_t
shape_prefix(const char *name, const char **rest)
{
	static const struct {
		const char *text;
		uint8_t number;
	} prefixes[] = {
		{ "user.", 1 },
		{ "trusted.", 4 },
		{ "security.", 6 },
	};

	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
		size_t length = strlen(prefixes[i].text);

		if (strncmp(name, prefixes[i].text, length) != 0)
			continue;
		*rest = name + length;
		return prefixes[i].number;
	}
	*rest = name;
	return 0;
}

static int
xattrs_size(const struct entry *entry, uint32_t *size, struct fault *fault)
{
	uint64_t total = sizeof(struct xattr_header);

	for (size_t i = 0; i < entry->xattr_count; i++) {
		const struct xattr *x = &entry->xattrs[i];
		const char *rest = NULL;
		uint8_t prefix = shape_prefix(x->name, &rest);

		if (prefix == 0 || strlen(rest) > UINT8_MAX ||
		    x->size > UINT16_MAX)
			return fault_set(fault, EX_DATAERR,
			    "an extended attribute that EROFS cannot hold");
		total += shape_align(
		    sizeof(struct xattr_entry) + strlen(rest) + x->size, 4);
	}
	/* An area without entries is an error to the kernel. */
	*size = entry->xattr_count == 0 ? 0 : (uint32_t)total;
	return 0;
}

/* The least chunk that holds all of a file. */
static uint32_t
whole_bits(uint64_t size)
{
	uint32_t bits = 0;

	while (bits < CHUNK_BITS_MAX && (uint64_t)BLOCK << bits < size)
		bits++;
	return bits;
}

/* The largest chunk that no piece of a sparse file begins or ends in. */
static uint32_t
piece_bits(const struct entry *entry)
{
	uint32_t bits = whole_bits(entry->size);
	uint64_t borders = 0;

	for (size_t i = 0; i < entry->extent_count; i++) {
		const struct extent *extent = &entry->extents[i];
		uint64_t end = extent->offset + extent->length;

		borders |= extent->offset | (end == entry->size ? 0 : end);
	}
	while (bits > 0 && (borders & (((uint64_t)BLOCK << bits) - 1)) != 0)
		bits--;
	return (borders & (BLOCK - 1)) == 0 ? bits : UINT32_MAX;
}

static uint64_t
chunk_count(uint64_t size, uint32_t bits)
{
	uint64_t last = size == 0 ? 0 : (size - 1) >> (BLOCK_BITS + bits);

	return size == 0 ? 0 : last + 1;
}

bool
shape_has_table(const struct entry *entry)
{
	uint32_t bits = piece_bits(entry);

	return bits != UINT32_MAX &&
	       chunk_count(entry->size, bits) <= CHUNKS_MAX;
}

static void
file_shape(const struct entry *entry, struct shape *shape)
{
	if (entry->size == 0)
		return;
	shape->layout = LAYOUT_CHUNK;
	shape->chunk_bits =
	    entry->sparse ? piece_bits(entry) : whole_bits(entry->size);
	shape->chunks = chunk_count(entry->size, shape->chunk_bits);
}

int
shape_of(const struct tree *tree, uint32_t inode, const struct entry *entry,
    struct shape *shape, struct fault *fault)
{
	*shape = (struct shape){ .layout = LAYOUT_PLAIN };
	if (xattrs_size(entry, &shape->xattr_size, fault) < 0)
		return -1;
	if (entry->type == '0')
		file_shape(entry, shape);
	if (entry->type == '5')
		shape->body = dirents_size(tree, inode);
	if (entry->type == '2')
		shape->body = strlen(entry->link);
	return 0;
}

/*
 * A directory or link text: its tail behind the inode, where that does not
 * cross a block, else all of it in blocks.
 */
uint64_t
shape_place(struct shape *shape, uint64_t at)
{
	uint64_t head = INODE + shape->xattr_size, tail = shape->body % BLOCK;

	if (tail == 0)
		return at;
	if ((at + head) % BLOCK + tail > BLOCK) {
		if (head % BLOCK + tail > BLOCK)
			return at;
		at = shape_align(at, BLOCK);
	}
	shape->layout = LAYOUT_INLINE;
	return at;
}

uint64_t
shape_table(const struct shape *shape, uint64_t at)
{
	return shape_align(at + INODE + shape->xattr_size, CHUNK_ENTRY);
}

uint64_t
shape_end(const struct shape *shape, uint64_t at)
{
	if (shape->layout == LAYOUT_CHUNK)
		return shape_table(shape, at) + CHUNK_ENTRY * shape->chunks;
	at += INODE + shape->xattr_size;
	if (shape->layout == LAYOUT_INLINE)
		at += shape->body % BLOCK;
	return at;
}

uint64_t
shape_blocks(const struct shape *shape)
{
	if (shape->layout == LAYOUT_INLINE)
		return shape->body - shape->body % BLOCK;
	return shape_align(shape->body, BLOCK);
}
