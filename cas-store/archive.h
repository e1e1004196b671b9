/* SPDX-License-Identifier: Apache-2.0 */
/* archive - what the entries of an archive become in a tree */
#pragma once

#include "entries.h"
#include "fault.h"
#include "tree.h"

/* One of an image's archives, whose entries are in the file of entries. */
struct archive {
	struct entries *entries;
	uint32_t next, end; /* of those to come */
	struct tree *tree;
	uint32_t root;  /* the directory that they go to */
	uint32_t below; /* where else a hard link may lead; 0: nowhere */
	uint32_t count; /* entries so far: the number that messages name */
	uint32_t at;    /* the current one */
	struct entry entry;
	struct fault *fault;
};

/* The next entry: 1, 0 at the end, or -1 with fault. */
int archive_next(struct archive *archive);

/* Refuses the current entry: "entry 7: NAME: " and why.  Returns -1. */
int archive_refuse(struct archive *archive, const char *why);

/*
 * The name, whose bytes are changed, without "./" before it (tar -C DIR .
 * writes that) and, of a directory, without a slash behind it; "" is the
 * archive's own directory.  NULL with fault if it is no plain path.
 */
const char *archive_path(struct archive *archive, char *name, bool directory);

/* A new inode for the current entry; 0 with fault. */
uint32_t archive_inode(struct archive *archive);

/* Says why tree_add() failed for the current entry.  Returns -1. */
int archive_explain(struct archive *archive);
