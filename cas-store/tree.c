/* SPDX-License-Identifier: Apache-2.0 */
/* tree - the file tree of an image, in memory
 *
 * The names of a directory are a balanced tree of libc's (tsearch(3)): no
 * archive can make it slow, and walking it gives the order that EROFS wants.
 */

#include <errno.h>
#include <search.h>
#include <string.h>
#include <sys/stat.h>

#include "alloc.h"
#include "prog.h"
#include "tree.h"

static int
compare(const void *a, const void *b)
{
	const struct name *one = a, *two = b;

	/* strcmp(3) compares unsigned bytes, and a prefix comes first. */
	return strcmp(one->text, two->text);
}

static struct name *
find_name(const struct inode *dir, const char *text)
{
	const struct name key = { .text = text };
	void *found = tfind(&key, &dir->names, compare);

	return found == NULL ? NULL : *(struct name **)found;
}

/* The name is not there yet. */
static void
add_name(struct inode *dir, const char *text, struct inode *inode)
{
	size_t length = strlen(text);
	struct name *name = xcalloc(1, sizeof *name + length + 1);

	name->inode = inode;
	name->length = length;
	name->text = memcpy(name + 1, text, length + 1);
	if (tsearch(name, &dir->names, compare) == NULL)
		prog_die("names");
	dir->name_count++;
}

static struct inode *
new_inode(struct tree *tree, uint32_t mode)
{
	struct inode *inode = xcalloc(1, sizeof *inode);

	inode->mode = mode;
	inode->next = tree->all;
	tree->all = inode;
	tree->count++;
	return inode;
}

struct inode *
tree_inode(struct tree *tree, uint32_t mode)
{
	if (tree->count < TREE_INODES_MAX)
		return new_inode(tree, mode);
	errno = ENOSPC;
	return NULL;
}

struct tree *
tree_new(void)
{
	struct tree *tree = xcalloc(1, sizeof *tree);

	tree->root = new_inode(tree, S_IFDIR | 0755);
	tree->root->implied = true;
	add_name(tree->root, ".", tree->root);
	add_name(tree->root, "..", tree->root);
	return tree;
}

void
tree_free(struct tree *tree)
{
	if (tree == NULL)
		return;
	while (tree->all != NULL) {
		struct inode *inode = tree->all;

		tree->all = inode->next;
		tdestroy(inode->names, free);
		xattrs_free(inode->xattrs);
		free(inode->extents);
		free(inode->link);
		free(inode->sorted);
		free(inode);
	}
	free(tree->inodes);
	free(tree);
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

/* Cuts the first component off a checked path; false at the end. */
static bool
next_component(const char **path, char name[TREE_NAME_MAX + 1])
{
	size_t length = strcspn(*path, "/");

	if (length == 0)
		return false;
	memcpy(name, *path, length);
	name[length] = '\0';
	*path += length + ((*path)[length] == '/');
	return true;
}

struct inode *
tree_find(const struct tree *tree, const char *path)
{
	char name[TREE_NAME_MAX + 1];
	struct inode *at = tree->root;

	if (check_path(path) < 0)
		return NULL;
	while (next_component(&path, name)) {
		const struct name *found = find_name(at, name);

		if (found == NULL)
			return NULL;
		at = found->inode;
	}
	return at;
}

static void
enter(struct inode *dir, const char *name, struct inode *inode)
{
	if (S_ISDIR(inode->mode)) {
		add_name(inode, ".", inode);
		add_name(inode, "..", dir);
	}
	add_name(dir, name, inode);
}

/* An implied directory is named by an entry at last. */
static int
name_implied(struct inode *there, struct inode *inode)
{
	if (!there->implied || !S_ISDIR(inode->mode)) {
		errno = EEXIST;
		return -1;
	}
	there->implied = false;
	there->mode = inode->mode;
	there->uid = inode->uid;
	there->gid = inode->gid;
	there->mtime = inode->mtime;
	there->mtime_nsec = inode->mtime_nsec;
	there->xattrs = inode->xattrs;
	inode->xattrs = NULL;
	return 0;
}

/* The directory of that name, made if it is not there. */
static struct inode *
step_down(struct tree *tree, struct inode *dir, const char *name)
{
	const struct name *found = find_name(dir, name);
	struct inode *inode;

	if (found != NULL) {
		if (S_ISDIR(found->inode->mode))
			return found->inode;
		errno = ENOTDIR;
		return NULL;
	}
	inode = tree_inode(tree, S_IFDIR | 0755);
	if (inode == NULL)
		return NULL;
	inode->implied = true;
	enter(dir, name, inode);
	return inode;
}

int
tree_add(struct tree *tree, const char *path, struct inode *inode)
{
	char name[TREE_NAME_MAX + 1];
	struct inode *dir = tree->root;
	const struct name *there;

	if (check_path(path) < 0)
		return -1;
	if (*path == '\0')
		return name_implied(tree->root, inode);
	while (next_component(&path, name) && *path != '\0') {
		dir = step_down(tree, dir, name);
		if (dir == NULL)
			return -1;
	}
	there = find_name(dir, name);
	if (there != NULL)
		return name_implied(there->inode, inode);
	enter(dir, name, inode);
	return 0;
}

/* The names are marked, not the files: those may have others. */
void
tree_keep(struct tree *tree, const char *path)
{
	char text[TREE_NAME_MAX + 1];
	struct inode *at = tree->root;

	if (tree_find(tree, path) == NULL)
		return;
	while (next_component(&path, text)) {
		struct name *name = find_name(at, text);

		if (name == NULL)
			return;
		name->kept = true;
		at = name->inode;
	}
}

/* The walk of twalk_r(3) comes by each name in order. */
static void
collect(const void *node, VISIT visit, void *data)
{
	struct inode *dir = data;

	if (visit == postorder || visit == leaf)
		dir->sorted[dir->name_count++] = *(struct name *const *)node;
}

static void
sort_names(struct inode *dir)
{
	free(dir->sorted);
	dir->sorted = xreallocarray(NULL, dir->name_count, sizeof *dir->sorted);
	dir->name_count = 0;
	twalk_r(dir->names, collect, dir);
}

static void
prune_names(struct inode *dir)
{
	sort_names(dir);
	for (uint32_t i = 0, n = dir->name_count; i < n; i++) {
		struct name *name = dir->sorted[i];

		if (name->kept || strcmp(name->text, ".") == 0 ||
		    strcmp(name->text, "..") == 0)
			continue;
		(void)tdelete(name, &dir->names, compare);
		free(name);
		dir->name_count--;
	}
}

void
tree_prune(struct tree *tree)
{
	for (struct inode *i = tree->all; i != NULL; i = i->next)
		if (S_ISDIR(i->mode))
			prune_names(i);
}

void
tree_finish(struct tree *tree)
{
	tree->inodes =
	    xreallocarray(tree->inodes, tree->count, sizeof *tree->inodes);
	tree->inodes[0] = tree->root;
	tree->inode_count = 1;
	/* The list is its own queue; nlink 0 says: not in it yet. */
	for (uint32_t i = 0; i < tree->inode_count; i++) {
		struct inode *dir = tree->inodes[i];

		if (!S_ISDIR(dir->mode))
			continue;
		sort_names(dir);
		for (uint32_t n = 0; n < dir->name_count; n++) {
			struct inode *inode = dir->sorted[n]->inode;

			if (inode->nlink++ > 0 || inode == tree->root)
				continue;
			inode->number = tree->inode_count;
			tree->inodes[tree->inode_count++] = inode;
		}
	}
}
