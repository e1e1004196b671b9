/* SPDX-License-Identifier: Apache-2.0 */
/* tree - the file tree of an image, in memory: names, and where the rest is */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "alloc.h"
#include "prog.h"
#include "tree.h"

enum { TYPE_BITS = 12 };

struct inode *
tree_at(const struct tree *tree, uint32_t inode)
{
	return &tree->inodes[inode];
}

bool
tree_is_dir(const struct tree *tree, uint32_t inode)
{
	return tree_at(tree, inode)->type == S_IFDIR >> TYPE_BITS;
}

uint32_t
tree_inode(struct tree *tree, uint32_t type, uint32_t entry)
{
	if (tree->count > TREE_INODES_MAX) {
		errno = ENOSPC;
		return 0;
	}
	if (tree->count == tree->room) {
		tree->room = tree->room * 2 + 64;
		tree->inodes = xreallocarray(
		    tree->inodes, tree->room, sizeof *tree->inodes);
	}
	tree->inodes[tree->count] = (struct inode){
		.entry = entry & ((1U << 28) - 1),
		.type = type >> TYPE_BITS & 0xf,
		.parent = tree->count,
	};
	return tree->count++;
}

void
tree_start(struct tree *tree)
{
	*tree = (struct tree){ 0 };
	names_start(&tree->names);
	(void)tree_inode(tree, 0, 0);
	(void)tree_inode(tree, S_IFDIR, 0);
}

void
tree_free(struct tree *tree)
{
	names_free(&tree->names);
	free(tree->inodes);
	*tree = (struct tree){ 0 };
}

static int
check_path(const char *path)
{
	size_t depth = 0, length = 0;

	if (strlen(path) > TREE_PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (; *path != '\0'; path++) {
		length = *path == '/' ? 0 : length + 1;
		depth += *path == '/';
		if (length > TREE_NAME_MAX) {
			errno = ENAMETOOLONG;
			return -1;
		}
	}
	if (depth < TREE_DEPTH_MAX)
		return 0;
	errno = ELOOP;
	return -1;
}

/* Cuts the first component off a checked path; its length is 0 at the end. */
static const char *
next_component(const char **path, size_t *length)
{
	const char *name = *path;

	*length = strcspn(name, "/");
	*path += *length + (name[*length] == '/');
	return name;
}

static uint32_t
lookup_name(
    const struct tree *tree, uint32_t dir, const char *name, size_t length)
{
	return names_find(
	    &tree->names, tree_at(tree, dir)->names, name, (uint32_t)length);
}

uint32_t
tree_lookup(
    const struct tree *tree, uint32_t dir, const char *name, size_t length)
{
	uint32_t found = lookup_name(tree, dir, name, length);

	return found == 0 ? 0 : names_at(&tree->names, found)->inode;
}

/* A name that is not there yet. */
static int
enter(struct tree *tree, uint32_t dir, const char *name, size_t length,
    uint32_t inode)
{
	uint32_t id = names_make(&tree->names, name, (uint32_t)length);

	if (id == 0) {
		errno = ENOSPC;
		return -1;
	}
	names_put(&tree->names, &tree_at(tree, dir)->names, id);
	names_at(&tree->names, id)->inode = inode & ((1U << 23) - 1);
	if (tree_is_dir(tree, inode))
		tree_at(tree, inode)->parent = dir;
	return 0;
}

void
tree_cut(struct tree *tree, uint32_t dir, const char *name, size_t length)
{
	(void)names_cut(
	    &tree->names, &tree_at(tree, dir)->names, name, (uint32_t)length);
}

uint32_t
tree_find(const struct tree *tree, uint32_t root, const char *path)
{
	size_t length = 0;

	if (check_path(path) < 0)
		return 0;
	while (*path != '\0') {
		const char *name = next_component(&path, &length);

		if (!tree_is_dir(tree, root))
			return 0;
		root = tree_lookup(tree, root, name, length);
		if (root == 0)
			return 0;
	}
	return root;
}

/* An implied directory is named by an entry at last. */
static int
name_implied(struct tree *tree, uint32_t there, uint32_t inode)
{
	if (!tree_is_dir(tree, there) || !tree_is_dir(tree, inode) ||
	    tree_at(tree, there)->entry != 0) {
		errno = EEXIST;
		return -1;
	}
	tree_at(tree, there)->entry = tree_at(tree, inode)->entry;
	return 0;
}

/* The directory of that name, made if it is not there. */
static uint32_t
step_down(struct tree *tree, uint32_t dir, const char *name, size_t length)
{
	uint32_t inode = tree_lookup(tree, dir, name, length);

	if (inode == 0) {
		inode = tree_inode(tree, S_IFDIR, 0);
		return inode == 0 || enter(tree, dir, name, length, inode) < 0
			   ? 0
			   : inode;
	}
	if (tree_is_dir(tree, inode))
		return inode;
	errno = ENOTDIR;
	return 0;
}

int
tree_add(struct tree *tree, uint32_t root, const char *path, uint32_t inode)
{
	const char *name;
	size_t length = 0;
	uint32_t there;

	if (check_path(path) < 0)
		return -1;
	if (*path == '\0')
		return name_implied(tree, root, inode);
	for (;;) {
		name = next_component(&path, &length);
		if (*path == '\0')
			break;
		root = step_down(tree, root, name, length);
		if (root == 0)
			return -1;
	}
	there = tree_lookup(tree, root, name, length);
	if (there != 0)
		return name_implied(tree, there, inode);
	return enter(tree, root, name, length, inode);
}

/* The names are marked, not the files: those may have others. */
void
tree_keep(struct tree *tree, uint32_t root, const char *path)
{
	size_t length = 0;

	if (tree_find(tree, root, path) == 0)
		return;
	while (*path != '\0') {
		const char *text = next_component(&path, &length);
		struct name *name = names_at(
		    &tree->names, lookup_name(tree, root, text, length));

		name->kept = 1;
		root = name->inode;
	}
}

void
tree_prune(struct tree *tree, uint32_t root)
{
	struct inode *dir = tree_at(tree, root);
	uint32_t id = names_list(&tree->names, dir->names);

	dir->names = 0;
	while (id != 0) {
		struct name *name = names_at(&tree->names, id);
		uint32_t next = name->right;

		if (name->kept != 0) {
			name->kept = 0;
			names_put(&tree->names, &dir->names, id);
			if (tree_is_dir(tree, name->inode))
				tree_prune(tree, name->inode);
		}
		id = next;
	}
}

static int
finish_dir(struct tree *tree, uint32_t dir, unsigned depth)
{
	uint32_t id = names_list(&tree->names, tree_at(tree, dir)->names);

	if (depth > TREE_DEPTH_MAX) {
		errno = ELOOP;
		return -1;
	}
	tree_at(tree, dir)->names = id;
	tree_at(tree, dir)->place = 1;
	tree->reached++;
	for (; id != 0; id = names_at(&tree->names, id)->right) {
		uint32_t number = names_at(&tree->names, id)->inode;
		struct inode *inode = tree_at(tree, number);

		if (tree_is_dir(tree, number)) {
			if (finish_dir(tree, number, depth + 1) < 0)
				return -1;
			continue;
		}
		tree->reached += inode->place == 0;
		inode->place = 1;
		inode->nlink++;
	}
	return 0;
}

int
tree_finish(struct tree *tree)
{
	return finish_dir(tree, TREE_ROOT, 0);
}
