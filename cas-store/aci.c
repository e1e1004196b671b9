/* SPDX-License-Identifier: Apache-2.0 */
/* aci - what the tar of an image holds: a manifest and a tree */

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "aci.h"
#include "alloc.h"
#include "escape.h"
#include "manifest.h"
#include "scope.h"

#define MANIFEST "manifest"
#define ROOTFS   "rootfs"

static const uint32_t type_modes[] = {
	['0' - '0'] = S_IFREG,
	['2' - '0'] = S_IFLNK,
	['3' - '0'] = S_IFCHR,
	['4' - '0'] = S_IFBLK,
	['5' - '0'] = S_IFDIR,
	['6' - '0'] = S_IFIFO,
};

static int
refuse(struct tar *tar, const char *name, const char *why)
{
	autofree char *shown = escape(name);

	return tar_refuse(tar, "%s: %s", shown, why);
}

/* Why path is no plain path; NULL if it is. */
static const char *
path_fault(const char *path)
{
	if (*path == '/')
		return "absolute name";
	for (;;) {
		size_t length = strcspn(path, "/");

		if (length == 2 && path[0] == '.' && path[1] == '.')
			return "\"..\" in its name";
		if (length == 0 || (length == 1 && *path == '.'))
			return "not a plain name";
		if (path[length] == '\0')
			return NULL;
		path += length + 1;
	}
}

/*
 * The name without "./" before it (tar -C DIR . writes that) and, of a
 * directory, without a slash behind it; "" is the archive's own directory.
 * NULL with fault if it is no plain path.
 */
static const char *
clean(struct tar *tar, char *name, bool directory)
{
	char *path = name;
	size_t length;
	const char *why;

	while (path[0] == '.' && path[1] == '/')
		path += 2;
	length = strlen(path);
	if (directory && strcmp(path, ".") == 0)
		return path + 1;
	if (directory && length > 1 && path[length - 1] == '/')
		path[--length] = '\0';
	if (directory && length == 0)
		return path;
	why = path_fault(path);
	if (why == NULL)
		return path;
	(void)refuse(tar, name, why);
	return NULL;
}

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

/* Two forms of a file's capabilities: without and with a root's id. */
static bool
is_capability(const struct xattr *xattr)
{
	unsigned version = xattr->size < 4 ? 0 : xattr->value[3];

	return (version == 2 && xattr->size == 20) ||
	       (version == 3 && xattr->size == 24);
}

/*
 * The allow-list: others are the host's (security.*, trusted.*), or change
 * what an overlay shows (trusted.overlay.*, user.overlay.*).
 */
static bool
is_allowed(const struct xattr *xattr, uint32_t mode)
{
	if (strcmp(xattr->name, "security.capability") == 0)
		return S_ISREG(mode);
	return (S_ISREG(mode) || S_ISDIR(mode)) &&
	       strncmp(xattr->name, "user.", 5) == 0 &&
	       xattr->name[5] != '\0' &&
	       strncmp(xattr->name, "user.overlay.", 13) != 0;
}

static int
take_xattrs(struct tar *tar, struct tar_entry *entry, struct inode *inode,
    struct aci *aci)
{
	while (entry->xattrs != NULL) {
		struct xattr *xattr = entry->xattrs;

		entry->xattrs = xattr->next;
		xattr->next = NULL;
		if (!is_allowed(xattr, inode->mode)) {
			if (aci->dropped == NULL)
				aci->dropped = escape(xattr->name);
			xattrs_free(xattr);
			continue;
		}
		xattr->next = inode->xattrs;
		inode->xattrs = xattr;
		if (xattr->name[0] == 's' && !is_capability(xattr))
			return refuse(
			    tar, entry->name, "malformed security.capability");
	}
	return 0;
}

static int
explain(struct tar *tar, const char *name)
{
	switch (errno) {
	case EEXIST:
		return refuse(tar, name, "there twice");
	case ENOTDIR:
		return refuse(tar, name, "below what is no directory");
	case ENAMETOOLONG:
		return refuse(tar, name, "name too long");
	case ELOOP:
		return refuse(tar, name, "too many directories deep");
	default:
		return tar_refuse(tar, "more than %d entries", TREE_INODES_MAX);
	}
}

static int
add_link(
    struct tar *tar, struct tar_entry *entry, const char *path, struct aci *aci)
{
	const char *target = clean(tar, entry->link, false);
	const char *below;
	struct inode *inode;

	if (target == NULL)
		return -1;
	below = below_rootfs(target);
	inode = below == NULL ? NULL : tree_find(aci->tree, below);
	if (inode == NULL)
		return refuse(tar, entry->name,
		    "hard link to what is not there before it");
	if (S_ISDIR(inode->mode))
		return refuse(tar, entry->name, "hard link to a directory");
	return tree_add(aci->tree, path, inode) < 0 ? explain(tar, entry->name)
						    : 0;
}

static int
fill_inode(struct tar *tar, struct tar_entry *entry, struct inode *inode,
    struct aci *aci)
{
	inode->uid = entry->uid;
	inode->gid = entry->gid;
	inode->mtime = entry->mtime;
	inode->mtime_nsec = entry->mtime_nsec;
	inode->major = entry->major;
	inode->minor = entry->minor;
	if (entry->type == '2') {
		inode->mode = S_IFLNK | 0777;
		inode->link = take_ptr(&entry->link);
		inode->size = strlen(inode->link);
		if (inode->size > TREE_PATH_MAX)
			return refuse(tar, entry->name, "target too long");
	} else if (entry->type == '0') {
		inode->size = entry->size;
		inode->device = 1;
		inode->data = entry->data;
		inode->extents = take_ptr(&entry->extents);
		inode->extent_count = entry->extent_count;
	}
	return take_xattrs(tar, entry, inode, aci);
}

static int
add_entry(
    struct tar *tar, struct tar_entry *entry, const char *path, struct aci *aci)
{
	struct inode *inode;

	if (*path == '\0' && entry->type != '5')
		return refuse(tar, entry->name, "not a directory");
	if (entry->type == '1')
		return add_link(tar, entry, path, aci);
	inode =
	    tree_inode(aci->tree, type_modes[entry->type - '0'] | entry->mode);
	if (inode == NULL)
		return explain(tar, entry->name);
	if (fill_inode(tar, entry, inode, aci) < 0)
		return -1;
	return tree_add(aci->tree, path, inode) < 0 ? explain(tar, entry->name)
						    : 0;
}

static int
take_manifest(struct tar *tar, const struct tar_entry *entry, struct aci *aci)
{
	if (aci->manifest != NULL)
		return refuse(tar, entry->name, "there twice");
	if (entry->type != '0' || entry->extents != NULL)
		return refuse(tar, entry->name, "not a plain file");
	if (entry->size > MANIFEST_MAX)
		return refuse(tar, entry->name, "larger than 4 MiB");
	aci->manifest = tar_read(tar, entry->data, entry->size, MANIFEST_MAX);
	aci->manifest_length = (size_t)entry->size;
	return aci->manifest == NULL ? -1 : 0;
}

static int
take_entry(
    struct tar *tar, struct tar_entry *entry, struct aci *aci, bool *rootfs)
{
	const char *path = clean(tar, entry->name, entry->type == '5');
	const char *below;

	if (path == NULL)
		return -1;
	if (*path == '\0') /* the directory that was packed */
		return 0;
	if (strcmp(path, MANIFEST) == 0)
		return take_manifest(tar, entry, aci);
	below = below_rootfs(path);
	if (below == NULL)
		return refuse(
		    tar, entry->name, "neither the manifest nor in rootfs");
	*rootfs = true;
	return add_entry(tar, entry, below, aci);
}

int
aci_read(int fd, uint64_t size, struct aci *aci, struct fault *fault)
{
	struct tar tar;
	struct tar_entry entry;
	bool rootfs = false;
	int result;

	*aci = (struct aci){ .tree = tree_new() };
	if (tar_start(&tar, fd, size, fault) < 0)
		return -1;
	while ((result = tar_next(&tar, &entry)) == 1) {
		result = take_entry(&tar, &entry, aci, &rootfs);
		tar_entry_free(&entry);
		if (result < 0)
			return -1;
	}
	if (result < 0)
		return -1;
	if (aci->manifest == NULL)
		return fault_set(fault, EX_DATAERR, "it has no manifest");
	if (!rootfs)
		return fault_set(fault, EX_DATAERR, "it has no rootfs");
	return 0;
}

void
aci_free(struct aci *aci)
{
	tree_free(aci->tree);
	free(aci->manifest);
	free(aci->dropped);
	*aci = (struct aci){ 0 };
}
