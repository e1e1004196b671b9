/* SPDX-License-Identifier: Apache-2.0 */
/* format - EROFS as an index has it
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
 */
#pragma once

#include <stdint.h>

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
