/* SPDX-License-Identifier: Apache-2.0 */
/* layer - one of the archives that a docker or OCI image is made of */

#include <errno.h>
#include <string.h>

#include "alloc.h"
#include "layer.h"
#include "merge.h"
#include "scope.h"

/* From the root on: "/etc/hosts" and "etc/hosts" are the same. */
static const char *
layer_path(struct archive *archive, char *name, bool directory)
{
	return archive_path(archive, name + strspn(name, "/"), directory);
}

/* Takes away what has that name, unless both are directories. */
static int
replace(struct archive *archive, const char *path, uint32_t inode)
{
	struct tree *tree = archive->tree;
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;
	uint32_t there = tree_find(tree, archive->root, path);
	uint32_t dir = archive->root;

	if (tree_is_dir(tree, there) && tree_is_dir(tree, inode)) {
		tree_at(tree, there)->entry = tree_at(tree, inode)->entry;
		return 0;
	}
	if (*path == '\0')
		return archive_refuse(archive, "not a directory");
	if (slash != NULL) {
		autofree char *above = xstrndup(path, (size_t)(slash - path));

		dir = tree_find(tree, archive->root, above);
	}
	tree_cut(tree, dir, name, strlen(name));
	return tree_add(tree, archive->root, path, inode);
}

static int
add(struct archive *archive, const char *path, uint32_t inode)
{
	int result = tree_add(archive->tree, archive->root, path, inode);

	if (result < 0 && errno == EEXIST)
		result = replace(archive, path, inode);
	return result < 0 ? archive_explain(archive) : 0;
}

static int
add_link(struct archive *archive, const char *path)
{
	struct tree *tree = archive->tree;
	const char *target = layer_path(archive, archive->entry.link, false);
	uint32_t inode;

	if (target == NULL)
		return -1;
	inode = tree_find(tree, archive->root, target);
	if (inode == 0)
		inode = merge_resolve(
		    tree, archive->entries, archive->below, target);
	if (inode == 0)
		return archive_refuse(
		    archive, "hard link to what is not there before it");
	if (tree_is_dir(tree, inode))
		return archive_refuse(archive, "hard link to a directory");
	return add(archive, path, inode);
}

static int
add_entry(struct archive *archive)
{
	const char *path = layer_path(
	    archive, archive->entry.name, archive->entry.type == '5');
	uint32_t inode;

	if (path == NULL)
		return -1;
	if (archive->entry.type == '1')
		return add_link(archive, path);
	inode = archive_inode(archive);
	return inode == 0 ? -1 : add(archive, path, inode);
}

int
layer_read(struct archive *archive)
{
	int result;

	while ((result = archive_next(archive)) == 1)
		if (add_entry(archive) < 0)
			return -1;
	return result;
}
