/* SPDX-License-Identifier: Apache-2.0 */
/* tree - the file tree of an image, in memory: names, and where the rest is */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "names.h"

/* Files are known by their number; 0 is none. */
struct inode {
	uint32_t entry : 28; /* its entry; 0: a directory that none names */
	uint32_t type : 4;   /* S_IFMT >> 12 */
	union {
		uint32_t names; /* of a directory */
		uint32_t nlink; /* of others, by tree_finish() */
	};
	uint32_t parent; /* of a directory; the root's is itself */
	uint32_t place;  /* for who writes the tree; 0: no name leads to it */
};

struct tree {
	struct inode *inodes;
	uint32_t count, room; /* of inodes, with number 0 */
	uint32_t reached;     /* to so many a name leads, by tree_finish() */
	struct names names;
};

/* Limits on what an image may bring. */
enum {
	TREE_PATH_MAX = 4095,
	TREE_NAME_MAX = 255,
	TREE_DEPTH_MAX = 256,
	TREE_INODES_MAX = 1250 * 1000, /* entries, and what they imply */
};

/* The first directory that is made, and the first inode. */
enum { TREE_ROOT = 1 };

/* A tree of an implied root directory, TREE_ROOT. */
void tree_start(struct tree *tree);
void tree_free(struct tree *tree);

struct inode *tree_at(const struct tree *tree, uint32_t inode);
bool tree_is_dir(const struct tree *tree, uint32_t inode);

/*
 * A new inode: of that type (S_IFREG…) and entry; it gets its names by
 * tree_add().  A directory is the root of a tree of its own until then.  0
 * and ENOSPC: there are too many.
 */
uint32_t tree_inode(struct tree *tree, uint32_t type, uint32_t entry);

/*
 * Names the inode in the tree of the directory root: path has no "." or "..",
 * no empty component and no slash at its ends; "" is root itself.  What is
 * missing above becomes an implied directory, 0755 and root's.  A directory
 * that is named after being implied takes its entry from inode.  Returns 0,
 * or -1 and errno: EEXIST, the name is taken; ENOTDIR, what is above is no
 * directory (symbolic links are not followed); ENOSPC as above; ENAMETOOLONG,
 * ELOOP (too deep).
 */
int tree_add(
    struct tree *tree, uint32_t root, const char *path, uint32_t inode);

/* The inode at path (as above), or 0. */
uint32_t tree_find(const struct tree *tree, uint32_t root, const char *path);

/* One name of a directory: what it leads to, or 0; and taking it away. */
uint32_t tree_lookup(
    const struct tree *tree, uint32_t dir, const char *name, size_t length);
void tree_cut(struct tree *tree, uint32_t dir, const char *name, size_t length);

/* Keeps path, if it is there, and the directories above it; then removes all
 * else below root. */
void tree_keep(struct tree *tree, uint32_t root, const char *path);
void tree_prune(struct tree *tree, uint32_t root);

/*
 * Makes a list of each directory's names, as names_list() does, and counts:
 * nothing can be added or looked up any more.  Returns 0, or -1 and ELOOP:
 * too many directories deep.
 */
int tree_finish(struct tree *tree);
