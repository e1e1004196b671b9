/* SPDX-License-Identifier: Apache-2.0 */
/* tree - the file tree of an image, in memory */
#pragma once

#include <stdbool.h>

#include "tar.h"

struct inode {
	struct inode *next; /* of all of a tree */
	uint32_t mode;      /* st_mode: type and permission */
	uint32_t uid, gid;
	uint32_t nlink; /* counted by tree_finish() */
	uint32_t major, minor;
	int64_t mtime;
	uint32_t mtime_nsec;
	bool implied; /* a directory that no entry has named yet */
	struct xattr *xattrs;

	uint64_t size;          /* of a file; of a symbolic link its text */
	uint32_t device;        /* whose bytes: 1 is the first blob */
	uint64_t data;          /* offset in it */
	struct extent *extents; /* of a sparse file; else NULL */
	size_t extent_count;
	char *link; /* text of a symbolic link */

	/* Of a directory: "." and ".." are names as any other. */
	void *names;          /* tsearch(3) of struct name, in byte order */
	struct name **sorted; /* the same as a list, by tree_finish() */
	uint32_t name_count;

	uint32_t number; /* in tree->inodes, by tree_finish() */
};

struct name {
	struct inode *inode;
	size_t length;
	const char *text; /* in the same allocation */
	bool kept;        /* by tree_keep() */
};

struct tree {
	struct inode *root;
	struct inode *all;
	uint32_t count; /* of inodes that were added */
	/* By tree_finish(): those that a name leads to, breadth first. */
	struct inode **inodes;
	uint32_t inode_count;
};

/* Limits on what an image may bring. */
enum {
	TREE_PATH_MAX = 4095,
	TREE_NAME_MAX = 255,
	TREE_DEPTH_MAX = 256,
	TREE_INODES_MAX = 1000 * 1000,
};

/* A tree of an implied root directory; tree_free() releases all of it. */
struct tree *tree_new(void);
void tree_free(struct tree *tree);

/*
 * A new inode of the tree, of that type and permission; it gets its names by
 * tree_add().  NULL and ENOSPC: there are TREE_INODES_MAX already.
 */
struct inode *tree_inode(struct tree *tree, uint32_t mode);

/*
 * Names the inode: path has no "." or "..", no empty component and no slash
 * at its ends; "" is the root.  What is missing above becomes an implied
 * directory, 0755 and root's.  A directory that is named after being implied
 * takes its attributes from inode.  Returns 0, or -1 and errno: EEXIST, the
 * name is taken; ENOTDIR, what is above is no directory (symbolic links are
 * never followed); ENOSPC as above; ENAMETOOLONG, ELOOP (too deep).
 */
int tree_add(struct tree *tree, const char *path, struct inode *inode);

/* What is at path (as above), or NULL. */
struct inode *tree_find(const struct tree *tree, const char *path);

/* Keeps path, if it is there, and the directories above it. */
void tree_keep(struct tree *tree, const char *path);

/* Removes all that was not kept. */
void tree_prune(struct tree *tree);

/* Sorts the names, numbers the inodes, counts the links. */
void tree_finish(struct tree *tree);
