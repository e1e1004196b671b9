/* SPDX-License-Identifier: Apache-2.0 */
/* dirents - a directory as an index has it */
#pragma once

#include "tree.h"

/* How many bytes it takes: whole blocks, and of the last one what it needs. */
uint64_t dirents_size(const struct tree *tree, uint32_t dir);

/* Writes them, in blocks that are zeros as yet; an inode's number on the disk
 * is its place. */
void dirents_fill(const struct tree *tree, uint32_t dir, unsigned char *body);
