/* SPDX-License-Identifier: Apache-2.0 */
/* aci - an App Container image: a manifest and a tree */

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "aci.h"
#include "alloc.h"
#include "manifest.h"
#include "scope.h"

#define MANIFEST "manifest"
#define ROOTFS   "rootfs"

/* The path below rootfs, "" for itself; NULL if it is not in there. */
static const char *
below_rootfs(const char *path)
{
	size_t length = strlen(ROOTFS);

	if (strncmp(path, ROOTFS, length) != 0)
		return NULL;
	if (path[length] == '\0')
		return path + length;
	return path[length] == '/' ? path + length + 1 : NULL;
}

static int
add_link(struct archive *archive, const char *path)
{
	struct tree *tree = archive->tree;
	const char *target = archive_path(archive, archive->entry.link, false);
	const char *below;
	uint32_t inode = 0;

	if (target == NULL)
		return -1;
	below = below_rootfs(target);
	if (below != NULL)
		inode = tree_find(tree, archive->root, below);
	if (inode == 0 && below != NULL && archive->below != 0)
		inode = tree_find(tree, archive->below, below);
	if (inode == 0)
		return archive_refuse(
		    archive, "hard link to what is not there before it");
	if (tree_is_dir(tree, inode))
		return archive_refuse(archive, "hard link to a directory");
	return tree_add(tree, archive->root, path, inode) < 0
		   ? archive_explain(archive)
		   : 0;
}

static int
add_entry(struct archive *archive, const char *path)
{
	uint32_t inode;

	if (*path == '\0' && archive->entry.type != '5')
		return archive_refuse(archive, "not a directory");
	if (archive->entry.type == '1')
		return add_link(archive, path);
	inode = archive_inode(archive);
	if (inode == 0)
		return -1;
	return tree_add(archive->tree, archive->root, path, inode) < 0
		   ? archive_explain(archive)
		   : 0;
}

/* What the current entry is to be called; NULL with fault. */
static const char *
entry_path(struct archive *archive)
{
	return archive_path(
	    archive, archive->entry.name, archive->entry.type == '5');
}

static int
check_manifest(struct archive *archive)
{
	const struct entry *entry = &archive->entry;

	if (entry->type != '0' || entry->sparse)
		return archive_refuse(archive, "not a plain file");
	if (entry->size > MANIFEST_MAX)
		return archive_refuse(archive, "larger than 4 MiB");
	return 0;
}

static char *
read_manifest(struct archive *archive, int fd, size_t *length)
{
	size_t size = (size_t)archive->entry.size, at = 0;
	autofree char *bytes = xcalloc(size + 1, 1);

	while (at < size) {
		ssize_t n = pread(fd, bytes + at, size - at,
		    (off_t)(archive->entry.data + at));

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EIO;
		if (n <= 0) {
			(void)fault_errno(archive->fault, "manifest");
			return NULL;
		}
		at += (size_t)n;
	}
	*length = size;
	return take_ptr(&bytes);
}

char *
aci_manifest(struct archive *archive, int fd, size_t *length)
{
	int result;

	while ((result = archive_next(archive)) == 1) {
		const char *path = entry_path(archive);

		if (path == NULL)
			return NULL;
		if (strcmp(path, MANIFEST) != 0)
			continue;
		return check_manifest(archive) < 0
			   ? NULL
			   : read_manifest(archive, fd, length);
	}
	if (result == 0)
		(void)fault_set(
		    archive->fault, EX_DATAERR, "it has no manifest");
	return NULL;
}

/* What the archive has so far. */
enum { HAS_MANIFEST = 1, HAS_ROOTFS = 2 };

static int
take_entry(struct archive *archive, unsigned *has)
{
	const char *path = entry_path(archive);
	const char *below;

	if (path == NULL)
		return -1;
	if (*path == '\0') /* the directory that was packed */
		return 0;
	if (strcmp(path, MANIFEST) == 0) {
		if ((*has & HAS_MANIFEST) != 0)
			return archive_refuse(archive, "there twice");
		*has |= HAS_MANIFEST;
		return check_manifest(archive);
	}
	below = below_rootfs(path);
	if (below == NULL)
		return archive_refuse(
		    archive, "neither the manifest nor in rootfs");
	*has |= HAS_ROOTFS;
	return add_entry(archive, below);
}

int
aci_read(struct archive *archive)
{
	unsigned has = 0;
	int result;

	while ((result = archive_next(archive)) == 1)
		if (take_entry(archive, &has) < 0)
			return -1;
	if (result == 0 && (has & HAS_ROOTFS) == 0)
		return fault_set(
		    archive->fault, EX_DATAERR, "it has no rootfs");
	return result;
}
