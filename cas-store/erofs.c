/* SPDX-License-Identifier: Apache-2.0 */
/* erofs - an index: an EROFS image of metadata, whose data is in tar archives
 *
 * The layout (the kernel's Documentation/filesystems/erofs.rst and
 * fs/erofs/erofs_fs.h; little-endian; blocks of 512 bytes, since a tar's data
 * begins at multiples of that):
 *
 *	   0  nothing
 *	1024  superblock
 *	1152  a slot of 128 bytes for each archive ("extra device")
 *	   …  inodes at multiples of 32, the root first; behind each its
 *	      extended attributes, and then its table of chunks, or the tail of
 *	      its directory or link text
 *	   …  the whole blocks of long directories and link texts
 *
 * A file's inode has one chunk, large enough for all of it, that points to a
 * block of a device: reading it is reading the archive.  Only a sparse file
 * has more, and holes among them.  Inodes are of the extended form: compact
 * ones have no time of their own before Linux 6.15.
 *
 * First everything is placed, then written from the beginning to the end.
 */

#include <endian.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "alloc.h"
#include "erofs.h"
#include "publish.h"
#include "scope.h"

enum {
	BLOCK_BITS = 9,
	BLOCK = 1 << BLOCK_BITS,
	SUPER = 1024,
	SLOT = 128,
	SLOTS = SUPER + 128,
	NID_BITS = 5, /* inodes are numbered by their offset / 32 */
	INODE = 64,
	DIRENT = 12,
	CHUNK_ENTRY = 8,
	CHUNK_BITS_MAX = 31,
	CHUNKS_MAX = 64 * 1024, /* of one file */
	OUTPUT = 256 * 1024,
};

#define MAGIC              0xe0f5e1e2U
#define COMPAT_SB_CHECKSUM 0x1U
#define COMPAT_MTIME       0x2U
#define INCOMPAT_CHUNKED   0x4U
#define INCOMPAT_DEVICES   0x8U
#define CHUNK_INDEXES      0x20U
#define NO_BLOCK           0xffffffffU
#define CRC32C_POLYNOMIAL  0x82f63b78U

/* i_format: bit 0 says extended, the bits above it one of these. */
enum layout { LAYOUT_PLAIN = 0, LAYOUT_INLINE = 2, LAYOUT_CHUNK = 4 };

struct superblock {
	uint32_t magic;
	uint32_t checksum;
	uint32_t compat;
	uint8_t block_bits;
	uint8_t extension_slots;
	uint16_t root_nid;
	uint64_t inodes;
	uint64_t epoch;
	uint32_t fixed_nsec;
	uint32_t blocks;
	uint32_t meta_block;
	uint32_t xattr_block;
	uint8_t uuid[16];
	uint8_t volume_name[16];
	uint32_t incompat;
	uint16_t compression;
	uint16_t devices;
	uint16_t device_slot;
	uint8_t dir_block_bits;
	uint8_t unused[37];
};

struct slot {
	uint8_t tag[64];
	uint32_t blocks;
	uint32_t unified_address;
	uint8_t reserved[56];
};

struct disk_inode {
	uint16_t format;
	uint16_t xattr_count;
	uint16_t mode;
	uint16_t start_high;
	uint64_t size;
	uint32_t u; /* first block, device number or chunk format */
	uint32_t ino;
	uint32_t uid;
	uint32_t gid;
	uint64_t mtime;
	uint32_t mtime_nsec;
	uint32_t nlink;
	uint8_t reserved[16];
};

struct xattr_header {
	uint32_t name_filter;
	uint8_t shared_count;
	uint8_t reserved[7];
};

struct xattr_entry {
	uint8_t name_length;
	uint8_t prefix;
	uint16_t value_size;
};

/* As they lie in a directory's block: without padding. */
struct disk_dirent {
	uint64_t nid;
	uint16_t name_offset;
	uint8_t type;
	uint8_t reserved;
} __attribute__((packed));

struct chunk_index {
	uint16_t block_high;
	uint16_t device;
	uint32_t block;
};

_Static_assert(sizeof(struct superblock) == 128, "superblock");
_Static_assert(sizeof(struct slot) == SLOT, "slot");
_Static_assert(sizeof(struct disk_inode) == INODE, "inode");
_Static_assert(sizeof(struct xattr_header) == 12, "xattr header");
_Static_assert(sizeof(struct disk_dirent) == DIRENT, "dirent");
_Static_assert(sizeof(struct chunk_index) == CHUNK_ENTRY, "chunk index");

/* Where an inode and what belongs to it will be. */
struct place {
	uint64_t at;
	enum layout layout;
	uint32_t xattr_size;
	uint32_t chunk_bits;  /* of a chunk: BLOCK << chunk_bits */
	uint64_t body;        /* bytes of a directory or a link text */
	uint64_t body_blocks; /* where those not inline begin, in bytes */
};

struct writer {
	const struct tree *tree;
	const struct erofs_device *devices;
	uint32_t device_count;
	const unsigned char *uuid;
	struct place *places; /* by inode->number */
	uint64_t size;        /* of the index */
	int fd;
	uint64_t written; /* all before it is in the output or the file */
	size_t filled;
	unsigned char *output;
	struct fault *fault;
};

static uint64_t
align(uint64_t n, uint64_t to)
{
	return (n + to - 1) & ~(to - 1);
}

/* Extended attributes: the kernel has numbers for the usual prefixes. */

static const struct {
	const char *text;
	uint8_t number;
} prefixes[] = {
	{ "user.", 1 },
	{ "trusted.", 4 },
	{ "security.", 6 },
};

static uint8_t
xattr_prefix(const char *name, const char **rest)
{
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
place_xattrs(struct writer *writer, const struct inode *inode, uint32_t *size)
{
	uint64_t total = sizeof(struct xattr_header);

	for (const struct xattr *x = inode->xattrs; x != NULL; x = x->next) {
		const char *rest = NULL;
		uint8_t prefix = xattr_prefix(x->name, &rest);

		if (prefix == 0 || strlen(rest) > UINT8_MAX ||
		    x->size > UINT16_MAX)
			return fault_set(writer->fault, EX_DATAERR,
			    "an extended attribute that EROFS cannot hold");
		total += align(
		    sizeof(struct xattr_entry) + strlen(rest) + x->size, 4);
	}
	/* An area without entries is an error to the kernel. */
	*size = inode->xattrs == NULL ? 0 : (uint32_t)total;
	return 0;
}

/* Directories: blocks of entries and names, each complete in itself. */

struct block_plan {
	uint32_t first; /* name */
	uint32_t count;
	size_t used; /* bytes */
};

/* As many names as fit a block, from the one with that number on. */
static struct block_plan
plan_block(const struct inode *dir, uint32_t first)
{
	struct block_plan plan = { .first = first };

	for (uint32_t i = first; i < dir->name_count; i++) {
		size_t more = DIRENT + dir->sorted[i]->length;

		if (plan.used + more > BLOCK)
			break;
		plan.used += more;
		plan.count++;
	}
	return plan;
}

static uint64_t
directory_size(const struct inode *dir)
{
	uint64_t blocks = 0;
	struct block_plan plan = { 0 };

	do {
		plan = plan_block(dir, plan.first + plan.count);
		blocks++;
	} while (plan.first + plan.count < dir->name_count);
	return (blocks - 1) * BLOCK + plan.used;
}

static uint8_t
file_type(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return 1;
	case S_IFDIR:
		return 2;
	case S_IFCHR:
		return 3;
	case S_IFBLK:
		return 4;
	case S_IFIFO:
		return 5;
	case S_IFSOCK:
		return 6;
	default:
		return 7;
	}
}

static void
fill_block(const struct writer *writer, const struct inode *dir,
    const struct block_plan *plan, unsigned char *block)
{
	size_t offset = plan->count * DIRENT;

	for (uint32_t i = 0; i < plan->count; i++) {
		const struct name *name = dir->sorted[plan->first + i];
		const struct inode *inode = name->inode;
		struct disk_dirent dirent = {
			.nid = htole64(
			    writer->places[inode->number].at >> NID_BITS),
			.name_offset = htole16((uint16_t)offset),
			.type = file_type(inode->mode),
		};

		memcpy(block + (size_t)i * DIRENT, &dirent, sizeof dirent);
		memcpy(block + offset, name->text, name->length);
		offset += name->length;
	}
}

/* The bytes of a directory or link text; the caller frees them. */
static unsigned char *
make_body(const struct writer *writer, const struct inode *inode)
{
	uint64_t size = writer->places[inode->number].body;
	unsigned char *body = xcalloc((size_t)align(size, BLOCK), 1);
	struct block_plan plan = { 0 };
	unsigned char *block = body;

	if (S_ISLNK(inode->mode)) {
		memcpy(body, inode->link, (size_t)size);
		return body;
	}
	do {
		plan = plan_block(inode, plan.first + plan.count);
		fill_block(writer, inode, &plan, block);
		block += BLOCK;
	} while (plan.first + plan.count < inode->name_count);
	return body;
}

/* Files: chunks of a power of two times the block. */

/* A bit for each power of two that does not divide one of the borders. */
static uint64_t
borders(const struct inode *inode)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < inode->extent_count; i++) {
		const struct extent *extent = &inode->extents[i];
		uint64_t end = extent->offset + extent->length;

		bits |= extent->offset;
		if (end != inode->size)
			bits |= end;
	}
	return bits;
}

static uint64_t
chunk_count(const struct inode *inode, uint32_t chunk_bits)
{
	uint64_t chunk = (uint64_t)BLOCK << chunk_bits;

	return (inode->size + chunk - 1) >> (BLOCK_BITS + chunk_bits);
}

static int
check_data(const struct writer *writer, const struct inode *inode,
    uint64_t where, uint64_t length)
{
	const struct erofs_device *device;

	if (inode->device == 0 || inode->device > writer->device_count)
		return fault_set(writer->fault, EX_SOFTWARE,
		    "a file on device %u", inode->device);
	device = &writer->devices[inode->device - 1];
	if (where % BLOCK != 0 || where > device->size ||
	    align(length, BLOCK) > device->size - where)
		return fault_set(writer->fault, EX_DATAERR,
		    "the data of a file is not in its archive");
	return 0;
}

static int
place_file(
    struct writer *writer, const struct inode *inode, struct place *place)
{
	uint64_t bits = borders(inode);

	if (inode->size == 0)
		return 0;
	place->layout = LAYOUT_CHUNK;
	while (place->chunk_bits < CHUNK_BITS_MAX &&
	       (uint64_t)BLOCK << place->chunk_bits < inode->size)
		place->chunk_bits++;
	if (inode->extents == NULL)
		return check_data(writer, inode, inode->data, inode->size);
	while (place->chunk_bits > 0 &&
	       (bits & (((uint64_t)BLOCK << place->chunk_bits) - 1)) != 0)
		place->chunk_bits--;
	if (bits % BLOCK != 0 ||
	    chunk_count(inode, place->chunk_bits) > CHUNKS_MAX)
		return fault_set(writer->fault, EX_DATAERR,
		    "a sparse file too large, or of pieces too small");
	for (size_t i = 0; i < inode->extent_count; i++)
		if (check_data(writer, inode, inode->extents[i].where,
			inode->extents[i].length) < 0)
			return -1;
	return 0;
}

/* Placing. */

/*
 * A directory or link text: its tail behind the inode, where that does not
 * cross a block, else all of it in blocks.
 */
static void
place_body(struct place *place, uint64_t *at)
{
	uint64_t head = INODE + place->xattr_size, tail = place->body % BLOCK;

	if (tail == 0)
		return;
	if ((*at + head) % BLOCK + tail > BLOCK) {
		if (head % BLOCK + tail > BLOCK)
			return;
		*at = align(*at, BLOCK);
	}
	place->layout = LAYOUT_INLINE;
}

static uint64_t
table_at(const struct place *place)
{
	return align(place->at + INODE + place->xattr_size, CHUNK_ENTRY);
}

/* Places an inode at *at or a little later, and moves *at behind it. */
static int
place_inode(struct writer *writer, const struct inode *inode, uint64_t *at)
{
	struct place *place = &writer->places[inode->number];
	uint64_t end = 0;

	if (place_xattrs(writer, inode, &place->xattr_size) < 0)
		return -1;
	if (S_ISREG(inode->mode) && place_file(writer, inode, place) < 0)
		return -1;
	if (S_ISDIR(inode->mode))
		place->body = directory_size(inode);
	if (S_ISLNK(inode->mode))
		place->body = inode->size;
	place_body(place, at);
	place->at = *at;
	end = place->at + INODE + place->xattr_size;
	if (place->layout == LAYOUT_INLINE)
		end += place->body % BLOCK;
	if (place->layout == LAYOUT_CHUNK)
		end = table_at(place) +
		      CHUNK_ENTRY * chunk_count(inode, place->chunk_bits);
	*at = align(end, (uint64_t)1 << NID_BITS);
	return 0;
}

/* How much of the body lies in blocks. */
static uint64_t
body_in_blocks(const struct place *place)
{
	if (place->layout == LAYOUT_INLINE)
		return place->body - place->body % BLOCK;
	return align(place->body, BLOCK);
}

static int
place_all(struct writer *writer)
{
	const struct tree *tree = writer->tree;
	uint64_t at =
	    align(SLOTS + (uint64_t)SLOT * writer->device_count, 1 << NID_BITS);

	for (uint32_t i = 0; i < tree->inode_count; i++)
		if (place_inode(writer, tree->inodes[i], &at) < 0)
			return -1;
	at = align(at, BLOCK);
	for (uint32_t i = 0; i < tree->inode_count; i++) {
		struct place *place = &writer->places[i];

		place->body_blocks = at;
		at += body_in_blocks(place);
	}
	writer->size = at;
	/* Both fields are of 16 bits, and all blocks of 32. */
	if (writer->device_count > UINT16_MAX ||
	    writer->places[0].at >> NID_BITS > UINT16_MAX ||
	    at >> BLOCK_BITS >= NO_BLOCK)
		return fault_set(writer->fault, EX_DATAERR,
		    "too many archives or files for an index");
	return 0;
}

/* Writing. */

static uint32_t
crc32c(const unsigned char *bytes, size_t length)
{
	uint32_t crc = 0xffffffffU;

	for (size_t i = 0; i < length; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc =
			    crc >> 1 ^ ((crc & 1) != 0 ? CRC32C_POLYNOMIAL : 0);
	}
	return crc;
}

/*
 * The checksum is over the block that begins with the superblock: with few
 * archives the first inodes are in it too.
 */
static void
put_checksum(struct writer *writer)
{
	unsigned char *super = writer->output + SUPER;
	uint32_t sum = htole32(crc32c(super, BLOCK));

	memcpy(super + offsetof(struct superblock, checksum), &sum, sizeof sum);
}

static int
flush(struct writer *writer)
{
	if (writer->written == writer->filled) /* the first time */
		put_checksum(writer);
	if (write_all(writer->fd, writer->output, writer->filled) < 0)
		return fault_errno(writer->fault, "index");
	writer->filled = 0;
	return 0;
}

static int
put(struct writer *writer, const void *bytes, uint64_t length)
{
	const unsigned char *from = bytes;

	while (length > 0) {
		size_t n = OUTPUT - writer->filled;

		if (n > length)
			n = (size_t)length;
		memcpy(writer->output + writer->filled, from, n);
		writer->filled += n;
		writer->written += n;
		from += n;
		length -= n;
		if (writer->filled == OUTPUT && flush(writer) < 0)
			return -1;
	}
	return 0;
}

/* Zeros up to an offset, which lies at most a superblock ahead. */
static int
pad(struct writer *writer, uint64_t to)
{
	static const unsigned char zeros[SUPER];

	if (to < writer->written || to - writer->written > sizeof zeros)
		return fault_set(writer->fault, EX_SOFTWARE,
		    "index: offset %llu at %llu", (unsigned long long)to,
		    (unsigned long long)writer->written);
	return put(writer, zeros, to - writer->written);
}

static int
put_super(struct writer *writer)
{
	size_t slots = SLOT * (size_t)writer->device_count;
	size_t size = sizeof(struct superblock) + slots;
	autofree unsigned char *bytes = xcalloc(size < BLOCK ? BLOCK : size, 1);
	struct superblock super = {
		.magic = htole32(MAGIC),
		.compat = htole32(COMPAT_SB_CHECKSUM | COMPAT_MTIME),
		.block_bits = BLOCK_BITS,
		.root_nid =
		    htole16((uint16_t)(writer->places[0].at >> NID_BITS)),
		.inodes = htole64(writer->tree->inode_count),
		.blocks = htole32((uint32_t)(writer->size >> BLOCK_BITS)),
		.incompat = htole32(INCOMPAT_CHUNKED | INCOMPAT_DEVICES),
		.devices = htole16((uint16_t)writer->device_count),
		.device_slot = htole16(SLOTS / SLOT),
	};

	memcpy(super.uuid, writer->uuid, sizeof super.uuid);
	for (uint32_t i = 0; i < writer->device_count; i++) {
		struct slot slot = {
			.blocks = htole32(
			    (uint32_t)(writer->devices[i].size >> BLOCK_BITS)),
		};

		memcpy(slot.tag, writer->devices[i].tag, sizeof slot.tag);
		memcpy(bytes + sizeof super + (size_t)i * SLOT, &slot,
		    sizeof slot);
	}
	memcpy(bytes, &super, sizeof super);
	return pad(writer, SUPER) < 0 ? -1 : put(writer, bytes, size);
}

static uint32_t
inode_u(const struct inode *inode, const struct place *place)
{
	if (place->layout == LAYOUT_CHUNK)
		return CHUNK_INDEXES | place->chunk_bits;
	if (body_in_blocks(place) > 0)
		return (uint32_t)(place->body_blocks >> BLOCK_BITS);
	if (S_ISCHR(inode->mode) || S_ISBLK(inode->mode))
		return (inode->minor & 0xff) | inode->major << 8 |
		       (inode->minor & ~0xffU) << 12;
	return 0;
}

static int
put_xattrs(struct writer *writer, const struct inode *inode)
{
	const struct xattr_header header = { 0 };

	if (inode->xattrs == NULL)
		return 0;
	if (put(writer, &header, sizeof header) < 0)
		return -1;
	for (const struct xattr *x = inode->xattrs; x != NULL; x = x->next) {
		const char *rest = NULL;
		uint8_t prefix = xattr_prefix(x->name, &rest);
		struct xattr_entry entry = {
			.name_length = (uint8_t)strlen(rest),
			.prefix = prefix,
			.value_size = htole16((uint16_t)x->size),
		};

		if (put(writer, &entry, sizeof entry) < 0 ||
		    put(writer, rest, strlen(rest)) < 0 ||
		    put(writer, x->value, x->size) < 0 ||
		    pad(writer, align(writer->written, 4)) < 0)
			return -1;
	}
	return 0;
}

/* The block of a file's chunk; *extent is the piece to look at next. */
static uint32_t
chunk_block(const struct inode *inode, uint64_t offset, size_t *extent)
{
	const struct extent *e;

	if (inode->extents == NULL)
		return (uint32_t)((inode->data + offset) >> BLOCK_BITS);
	while (
	    *extent < inode->extent_count &&
	    inode->extents[*extent].offset + inode->extents[*extent].length <=
		offset)
		(*extent)++;
	if (*extent == inode->extent_count)
		return NO_BLOCK;
	e = &inode->extents[*extent];
	if (e->offset > offset)
		return NO_BLOCK;
	return (uint32_t)((e->where + offset - e->offset) >> BLOCK_BITS);
}

static int
put_chunks(
    struct writer *writer, const struct inode *inode, const struct place *place)
{
	uint64_t count = chunk_count(inode, place->chunk_bits);
	size_t extent = 0;

	if (pad(writer, table_at(place)) < 0)
		return -1;
	for (uint64_t i = 0; i < count; i++) {
		uint64_t offset = i << (BLOCK_BITS + place->chunk_bits);
		struct chunk_index index = {
			.device = htole16((uint16_t)inode->device),
			.block = htole32(chunk_block(inode, offset, &extent)),
		};

		if (put(writer, &index, sizeof index) < 0)
			return -1;
	}
	return 0;
}

static int
put_tail(
    struct writer *writer, const struct inode *inode, const struct place *place)
{
	autofree unsigned char *body = make_body(writer, inode);

	return put(writer, body + body_in_blocks(place), place->body % BLOCK);
}

static int
put_inode(struct writer *writer, const struct inode *inode)
{
	const struct place *place = &writer->places[inode->number];
	uint64_t size = S_ISREG(inode->mode) ? inode->size : place->body;
	struct disk_inode disk = {
		.format = htole16((uint16_t)(1 | place->layout << 1)),
		.mode = htole16((uint16_t)inode->mode),
		.size = htole64(size),
		.u = htole32(inode_u(inode, place)),
		.ino = htole32(inode->number + 1),
		.uid = htole32(inode->uid),
		.gid = htole32(inode->gid),
		.mtime = htole64((uint64_t)inode->mtime),
		.mtime_nsec = htole32(inode->mtime_nsec),
		.nlink = htole32(inode->nlink),
	};

	if (inode->xattrs != NULL)
		disk.xattr_count =
		    htole16((uint16_t)((place->xattr_size -
					   sizeof(struct xattr_header)) /
					   4 +
				       1));
	if (pad(writer, place->at) < 0 || put(writer, &disk, sizeof disk) < 0 ||
	    put_xattrs(writer, inode) < 0)
		return -1;
	if (place->layout == LAYOUT_CHUNK)
		return put_chunks(writer, inode, place);
	if (place->layout == LAYOUT_INLINE)
		return put_tail(writer, inode, place);
	return 0;
}

static int
put_blocks(struct writer *writer)
{
	if (pad(writer, align(writer->written, BLOCK)) < 0)
		return -1;
	for (uint32_t i = 0; i < writer->tree->inode_count; i++) {
		const struct place *place = &writer->places[i];
		autofree unsigned char *body = NULL;

		if (body_in_blocks(place) == 0)
			continue;
		body = make_body(writer, writer->tree->inodes[i]);
		if (put(writer, body, body_in_blocks(place)) < 0)
			return -1;
	}
	return 0;
}

static int
put_all(struct writer *writer)
{
	const struct tree *tree = writer->tree;

	if (put_super(writer) < 0)
		return -1;
	for (uint32_t i = 0; i < tree->inode_count; i++)
		if (put_inode(writer, tree->inodes[i]) < 0)
			return -1;
	return put_blocks(writer);
}

int
erofs_write(int fd, const struct tree *tree, const struct erofs_device *devices,
    uint32_t count, const unsigned char uuid[16], struct fault *fault)
{
	autofree struct place *places =
	    xcalloc(tree->inode_count, sizeof *places);
	autofree unsigned char *output = xcalloc(OUTPUT, 1);
	struct writer writer = {
		.tree = tree,
		.devices = devices,
		.device_count = count,
		.uuid = uuid,
		.places = places,
		.fd = fd,
		.output = output,
		.fault = fault,
	};

	if (place_all(&writer) < 0 || put_all(&writer) < 0)
		return -1;
	return flush(&writer);
}
