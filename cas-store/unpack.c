/* SPDX-License-Identifier: Apache-2.0 */
/* unpack - the plain tree of an image, where an index cannot be mounted
 *
 * Each name is opened or made in a directory held open, and opened with
 * openat2(2) so that not even a link that somebody put there is followed.  The
 * names are single components by now: archive.c has seen to it.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "alloc.h"
#include "content.h"
#include "escape.h"
#include "filler.h"
#include "path.h"
#include "scope.h"
#include "unpack.h"

/* The place of an inode that has its first name. */
enum { MADE = 2 };

struct unpack {
	struct compose *compose;
	int links;
	unsigned *left_out;
	char path[TREE_PATH_MAX + TREE_NAME_MAX + 2]; /* of the directory */
	size_t length;
	bool root_user;
	struct filler *filler;
	struct fault *fault;
};

/* One name of a directory, with the NUL that the kernel wants. */
struct child {
	uint32_t inode;
	uint32_t length;
	char name[TREE_NAME_MAX + 1];
};

static char *
path_of(const struct unpack *unpack, const char *name)
{
	return xasprintf("%.*s%s", (int)unpack->length, unpack->path, name);
}

/* But not if it was stopped since the filler has failed, which tells of it. */
static int
fail_path(struct unpack *unpack, const char *path)
{
	int saved = errno;
	autofree char *shown = escape(path);

	errno = saved;
	return errno == ECANCELED
		   ? -1
		   : fault_errno(unpack->fault, "unpack %s", shown);
}

static int
fail(struct unpack *unpack, const char *name)
{
	int saved = errno;
	autofree char *path = path_of(unpack, name);

	errno = saved;
	return fail_path(unpack, path);
}

/*
 * Whoever might look is kept out by a directory above: it may have its mode
 * from the beginning, but for setuid and such before it has its owner.
 */
static int
make_file(const struct unpack *unpack, const struct entry *entry, int dir,
    const char *name)
{
	autofd int fd = beneath_open(
	    dir, name, O_WRONLY | O_CREAT | O_EXCL, entry->mode & 0777);

	if (fd < 0)
		return -1;
	if (!entry->sparse && entry->xattr_count == 0)
		return filler_add(
		    unpack->filler, take_fd(&fd), entry, path_of(unpack, name));
	if (content_fill(unpack->compose, entry, fd) < 0)
		return -1;
	return content_finish(entry, fd, unpack->root_user);
}

static int
make_node(const struct entry *entry, int dir, const char *name)
{
	mode_t type = (mode_t)entry_type(entry);

	return mknodat(
	    dir, name, type | 0600, makedev(entry->major, entry->minor));
}

/* A symbolic link, fifo or device: there is nothing to open. */
static int
make_special(const struct unpack *unpack, const struct entry *entry, int dir,
    const char *name)
{
	struct timespec both[2];
	int result;

	content_times(entry, both);
	if (entry->type == '2')
		result = symlinkat(entry->link, dir, name);
	else
		result = make_node(entry, dir, name);
	if (result < 0)
		return -1;
	if (unpack->root_user && fchownat(dir, name, entry->uid, entry->gid,
				     AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	if (entry->type != '2' && fchmodat(dir, name, entry->mode, 0) < 0)
		return -1;
	return utimensat(dir, name, both, AT_SYMLINK_NOFOLLOW);
}

/* A file of several names has its number for one more. */
static int
make_linked(const struct unpack *unpack, struct inode *inode,
    const struct child *child, int dir)
{
	char number[12];

	(void)snprintf(number, sizeof number, "%u", child->inode);
	if (inode->place == MADE)
		return linkat(unpack->links, number, dir, child->name, 0);
	inode->place = MADE;
	return linkat(dir, child->name, unpack->links, number, 0);
}

static int
make_one(struct unpack *unpack, int dir, const struct child *child)
{
	struct inode *inode = tree_at(&unpack->compose->tree, child->inode);
	struct entry entry;
	int result;

	if (inode->place == MADE)
		return make_linked(unpack, inode, child, dir);
	if (entries_look(&unpack->compose->entries, inode->entry, &entry) < 0)
		return -1;
	if ((entry.type == '3' || entry.type == '4') &&
	    unpack->left_out != NULL) {
		(*unpack->left_out)++;
		return 0;
	}
	result = entry.type == '0'
		     ? make_file(unpack, &entry, dir, child->name)
		     : make_special(unpack, &entry, dir, child->name);
	return result == 0 && inode->nlink > 1
		   ? make_linked(unpack, inode, child, dir)
		   : result;
}

static int fill_directory(struct unpack *unpack, uint32_t inode, int dir);

static int
make_directory(struct unpack *unpack, int dir, const struct child *child)
{
	size_t length = unpack->length;
	autofd int fd = -1;
	int result;

	if (length + child->length + 2 > sizeof unpack->path) {
		errno = ENAMETOOLONG;
		return fail(unpack, child->name);
	}
	if (mkdirat(dir, child->name, 0700) < 0)
		return fail(unpack, child->name);
	fd = beneath_open(dir, child->name, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return fail(unpack, child->name);
	memcpy(unpack->path + length, child->name, child->length);
	unpack->length += child->length;
	unpack->path[unpack->length++] = '/';
	result = fill_directory(unpack, child->inode, fd);
	unpack->length = length;
	return result;
}

static int
fill_directory(struct unpack *unpack, uint32_t inode, int dir)
{
	const struct tree *tree = &unpack->compose->tree;
	struct entry entry;
	struct child child;

	for (uint32_t id = tree_at(tree, inode)->names; id != 0;) {
		const struct name *name = names_at(&tree->names, id);

		id = name->right;
		child.inode = name->inode;
		child.length = name->length;
		memcpy(child.name, name->text, name->length);
		child.name[name->length] = '\0';
		if (tree_is_dir(tree, child.inode)) {
			if (make_directory(unpack, dir, &child) < 0)
				return -1;
		} else if (make_one(unpack, dir, &child) < 0) {
			return fail(unpack, child.name);
		}
	}
	if (entries_look(&unpack->compose->entries, tree_at(tree, inode)->entry,
		&entry) < 0)
		return -1;
	return content_finish(&entry, dir, unpack->root_user) < 0
		   ? fail(unpack, "")
		   : 0;
}

/* What has failed there came first, and is what ended us, if anything did. */
static int
end_filler(struct unpack *unpack)
{
	autofree char *path = NULL;

	if (filler_end(unpack->filler, &path) == 0)
		return 0;
	return fail_path(unpack, path);
}

int
unpack_tree(int root, int links, struct compose *compose, unsigned *left_out,
    struct fault *fault)
{
	struct unpack unpack = {
		.compose = compose,
		.links = links,
		.left_out = left_out,
		.root_user = geteuid() == 0,
		.fault = fault,
	};

	int result;

	unpack.filler = filler_start(compose, unpack.root_user);
	if (unpack.filler == NULL)
		return fault_errno(fault, "thread");
	result = fill_directory(&unpack, TREE_ROOT, root);
	return end_filler(&unpack) < 0 ? -1 : result;
}
