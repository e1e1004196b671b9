/* SPDX-License-Identifier: Apache-2.0 */
/* shape - how much room a file takes in an index */
#pragma once

#include "entry.h"
#include "fault.h"
#include "format.h"
#include "tree.h"

struct shape {
	enum layout layout;
	uint32_t xattr_size;
	uint32_t chunk_bits; /* of a chunk: BLOCK << chunk_bits */
	uint64_t chunks;     /* of a file */
	uint64_t body;       /* bytes of a directory or a link text */
};

/*
 * Of an inode and its entry; where it may depend on where the inode lies the
 * layout comes later.  Returns 0, or -1 with fault: it cannot be had.
 */
int shape_of(const struct tree *tree, uint32_t inode, const struct entry *entry,
    struct shape *shape, struct fault *fault);

/* Where the inode goes that may begin at the offset at; sets the layout. */
uint64_t shape_place(struct shape *shape, uint64_t at);

/* Offsets behind an inode at the offset at: of its table of chunks, of all that
 * lies behind it. */
uint64_t shape_table(const struct shape *shape, uint64_t at);
uint64_t shape_end(const struct shape *shape, uint64_t at);

/* How many bytes of its body lie in blocks of their own. */
uint64_t shape_blocks(const struct shape *shape);

/* Can a table of chunks say where a sparse file's pieces are? */
bool shape_has_table(const struct entry *entry);

/* The number of an attribute's prefix, 0 if it has none; *rest of its name. */
uint8_t shape_prefix(const char *name, const char **rest);

/* n rounded up to a multiple of a power of two. */
uint64_t shape_align(uint64_t n, uint64_t to);
