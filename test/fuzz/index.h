/* SPDX-License-Identifier: Apache-2.0 */
/* index - is an index what the format asks for?  As test/fsck-index does it,
 * for the fuzzers: sorted names, link counts, every address in its device */
#pragma once

#include <endian.h>
#include <stdio.h>
#include <sys/stat.h>

#include "archive.h"
#include "format.h"

struct index {
	unsigned char *bytes;
	size_t size;
	const struct compose *compose;
	uint64_t spill;  /* its size */
	uint32_t *links; /* by nid: names that lead there, 0xff.. before */
	uint64_t inodes;
};

static void *
index_at(const struct index *index, uint64_t at, uint64_t length)
{
	assert(at <= index->size && length <= index->size - at);
	return index->bytes + at;
}

/* A file's chunks are in devices that have them. */
static void
check_chunks(
    const struct index *index, const struct disk_inode *inode, uint64_t at)
{
	uint64_t size = le64toh(inode->size);
	uint32_t bits = le32toh(inode->u) & 0x1f;
	uint64_t chunk = (uint64_t)BLOCK << bits;
	uint64_t count = (size - 1) / chunk + 1;
	const struct chunk_index *table =
	    index_at(index, (at + 7) & ~UINT64_C(7), 8 * count);

	assert((le32toh(inode->u) & ~0x1fU) == CHUNK_INDEXES);
	for (uint64_t i = 0; i < count; i++) {
		uint64_t left = size - i * chunk, device, room;
		uint64_t where = (uint64_t)le32toh(table[i].block) * BLOCK;

		if (table[i].block == htole32(NO_BLOCK))
			continue;
		left = left > chunk ? chunk : left;
		device = le16toh(table[i].device);
		assert(device >= 1 && device <= index->compose->device_count +
						    (index->spill > 0));
		room = device > index->compose->device_count
			   ? index->spill
			   : index->compose->devices[device - 1].size;
		assert(where + (left + BLOCK - 1) / BLOCK * BLOCK <= room);
	}
}

static void index_walk(struct index *index, uint64_t nid, uint64_t parent);

/* Reads an inode the first time that a name leads to it. */
static void
index_inode(struct index *index, uint64_t nid, uint64_t parent)
{
	const struct disk_inode *inode =
	    index_at(index, nid << NID_BITS, INODE);
	uint32_t mode = le16toh(inode->mode);

	if (index->links[nid]++ > 0)
		return;
	index->inodes++;
	assert((le16toh(inode->format) & 1) == 1);
	if (S_ISDIR(mode))
		index_walk(index, nid, parent);
	else if (S_ISREG(mode) && inode->size != 0)
		check_chunks(index, inode,
		    (nid << NID_BITS) + INODE +
			(inode->xattr_count == 0
				? 0
				: 12 + 4 * ((uint64_t)le16toh(
						inode->xattr_count) -
					       1)));
	else
		assert(S_ISLNK(mode) || inode->size == 0);
}

/* One block of names, each behind the last; how many bytes they take. */
static void
index_block(struct index *index, const unsigned char *block, size_t size,
    uint64_t nid, uint64_t parent, char last[256])
{
	struct disk_dirent dirent, next;
	size_t count;

	memcpy(&dirent, block, sizeof dirent);
	count = le16toh(dirent.name_offset) / DIRENT;
	assert(count > 0 && count * DIRENT < size);
	for (size_t i = 0; i < count; i++) {
		size_t from, to = size;
		char name[256];

		memcpy(&dirent, block + i * DIRENT, sizeof dirent);
		from = le16toh(dirent.name_offset);
		if (i + 1 < count) {
			memcpy(&next, block + (i + 1) * DIRENT, sizeof next);
			to = le16toh(next.name_offset);
		}
		assert(from < to && to <= size && to - from <= 511);
		to = from + strnlen((const char *)block + from, to - from);
		assert(to > from && to - from <= 255);
		memcpy(name, block + from, to - from);
		name[to - from] = '\0';
		assert(strchr(name, '/') == NULL && strcmp(last, name) < 0);
		strcpy(last, name);
		if (strcmp(name, ".") == 0)
			assert(le64toh(dirent.nid) == nid);
		else if (strcmp(name, "..") == 0)
			assert(le64toh(dirent.nid) == parent);
		else
			index_inode(index, le64toh(dirent.nid), nid);
	}
}

/* A directory, and all below it. */
static void
index_walk(struct index *index, uint64_t nid, uint64_t parent)
{
	const struct disk_inode *inode =
	    index_at(index, nid << NID_BITS, INODE);
	uint64_t size = le64toh(inode->size), tail = size % BLOCK, at = 0;
	bool is_inline = le16toh(inode->format) >> 1 == LAYOUT_INLINE;
	uint64_t head = (nid << NID_BITS) + INODE;
	char last[256] = "";

	if (inode->xattr_count != 0)
		head += 12 + 4 * ((uint64_t)le16toh(inode->xattr_count) - 1);
	assert(!is_inline || (tail > 0 && head % BLOCK + tail <= BLOCK));
	for (; at + BLOCK <= size || (tail > 0 && at < size); at += BLOCK) {
		bool is_tail = at + BLOCK > size;
		uint64_t where = is_tail && is_inline
				     ? head
				     : (uint64_t)le32toh(inode->u) * BLOCK + at;
		size_t length = is_tail ? tail : BLOCK;

		index_block(index, index_at(index, where, length), length, nid,
		    parent, last);
	}
}

/* Makes the index of what was composed, and goes through all of it. */
static void
check_index(struct compose *compose, int tmp, struct fault *fault)
{
	const unsigned char uuid[16] = { 0 };
	autofd int out = memfd_create("index", MFD_CLOEXEC);
	struct index index = { .compose = compose };
	const struct superblock *super;
	struct spill spill;

	spill_start(&spill, tmp, fault);
	if (erofs_write(out, compose, &spill, uuid, fault) == 0) {
		index.size = (size_t)lseek(out, 0, SEEK_END);
		index.bytes =
		    mmap(NULL, index.size, PROT_READ, MAP_PRIVATE, out, 0);
		assert(index.bytes != MAP_FAILED && index.size % BLOCK == 0);
		index.spill = spill.size;
		index.links =
		    calloc(index.size >> NID_BITS, sizeof *index.links);
		super = index_at(&index, SUPER, sizeof *super);
		index_inode(
		    &index, le16toh(super->root_nid), le16toh(super->root_nid));
		assert(index.inodes == le64toh(super->inodes));
		(void)munmap(index.bytes, index.size);
		free(index.links);
	}
	spill_free(&spill);
}
