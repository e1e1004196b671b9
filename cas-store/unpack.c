/* SPDX-License-Identifier: Apache-2.0 */
/* unpack - the plain tree of an image, where an index cannot be mounted
 *
 * Each name is opened or made in a directory held open, and opened with
 * openat2(2) so that not even a link that somebody put there is followed.  The
 * names are single components by now: aci.c has seen to it.
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "alloc.h"
#include "escape.h"
#include "path.h"
#include "publish.h"
#include "scope.h"
#include "unpack.h"

enum { COPY_SIZE = 256 * 1024 };

struct unpack {
	int root;
	int blob;
	unsigned *left_out;
	char **first; /* of a file with several names: the first one's path */
	char path[TREE_PATH_MAX + TREE_NAME_MAX + 2]; /* of the directory */
	size_t length;
	bool root_user;
	struct fault *fault;
};

static int
fail(struct unpack *unpack, const struct name *name)
{
	int saved = errno;
	autofree char *path = xasprintf("%.*s%s", (int)unpack->length,
	    unpack->path, name == NULL ? "" : name->text);
	autofree char *shown = escape(path);

	errno = saved;
	return fault_errno(unpack->fault, "unpack %s", shown);
}

/* Where the file systems cannot do it by themselves. */
static int
copy_through(int from, uint64_t at, int to, uint64_t length)
{
	autofree char *buffer = xcalloc(COPY_SIZE, 1);

	while (length > 0) {
		size_t want = length < COPY_SIZE ? (size_t)length : COPY_SIZE;
		ssize_t n = pread(from, buffer, want, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EIO;
		if (n <= 0 || write_all(to, buffer, (size_t)n) < 0)
			return -1;
		at += (uint64_t)n;
		length -= (uint64_t)n;
	}
	return 0;
}

static int
copy_range(int from, uint64_t at, int to, uint64_t offset, uint64_t length)
{
	off_t in = (off_t)at, out = (off_t)offset;

	while (length > 0) {
		ssize_t n =
		    copy_file_range(from, &in, to, &out, (size_t)length, 0);

		if (n <= 0)
			break;
		length -= (uint64_t)n;
	}
	if (length == 0)
		return 0;
	if (lseek(to, out, SEEK_SET) < 0)
		return -1;
	return copy_through(from, (uint64_t)in, to, length);
}

static int
fill_file(const struct unpack *unpack, const struct inode *inode, int fd)
{
	if (inode->extents == NULL)
		return copy_range(
		    unpack->blob, inode->data, fd, 0, inode->size);
	for (size_t i = 0; i < inode->extent_count; i++) {
		const struct extent *e = &inode->extents[i];

		if (copy_range(
			unpack->blob, e->where, fd, e->offset, e->length) < 0)
			return -1;
	}
	return ftruncate(fd, (off_t)inode->size);
}

static void
times(const struct inode *inode, struct timespec both[2])
{
	both[0].tv_sec = inode->mtime;
	both[0].tv_nsec = inode->mtime_nsec;
	both[1] = both[0];
}

/*
 * Owner, mode, attributes, times, in this order: chown(2) takes setuid and
 * capabilities away, and everything changes times.
 */
static int
finish(const struct unpack *unpack, const struct inode *inode, int fd)
{
	struct timespec both[2];

	times(inode, both);
	if (unpack->root_user && fchown(fd, inode->uid, inode->gid) < 0)
		return -1;
	if (fchmod(fd, inode->mode & 07777) < 0)
		return -1;
	for (const struct xattr *x = inode->xattrs; x != NULL; x = x->next)
		if (fsetxattr(fd, x->name, x->value, x->size, 0) < 0 &&
		    (unpack->root_user || errno != EPERM))
			return -1;
	return futimens(fd, both);
}

static int
make_file(const struct unpack *unpack, int dir, const struct name *name)
{
	autofd int fd =
	    beneath_open(dir, name->text, O_WRONLY | O_CREAT | O_EXCL, 0600);

	if (fd < 0 || fill_file(unpack, name->inode, fd) < 0)
		return -1;
	return finish(unpack, name->inode, fd);
}

/* A symbolic link or a fifo: there is nothing to open. */
static int
make_special(const struct unpack *unpack, int dir, const struct name *name)
{
	const struct inode *inode = name->inode;
	struct timespec both[2];
	int result;

	times(inode, both);
	if (S_ISLNK(inode->mode))
		result = symlinkat(inode->link, dir, name->text);
	else
		result = mkfifoat(dir, name->text, 0600);
	if (result < 0)
		return -1;
	if (unpack->root_user && fchownat(dir, name->text, inode->uid,
				     inode->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	if (S_ISFIFO(inode->mode) &&
	    fchmodat(dir, name->text, inode->mode & 07777, 0) < 0)
		return -1;
	return utimensat(dir, name->text, both, AT_SYMLINK_NOFOLLOW);
}

static int
make_link(
    const struct unpack *unpack, const char *first, int dir, const char *name)
{
	autofree char *above = xstrdup(first);
	char *slash = strrchr(above, '/');
	autofd int from = -1;

	if (slash != NULL)
		*slash = '\0';
	from = beneath_open(
	    unpack->root, slash == NULL ? "." : above, O_PATH | O_DIRECTORY, 0);
	if (from < 0)
		return -1;
	return linkat(from, slash == NULL ? first : slash + 1, dir, name, 0);
}

static int
make_one(struct unpack *unpack, int dir, const struct name *name)
{
	const struct inode *inode = name->inode;
	char **first = &unpack->first[inode->number];

	if (S_ISCHR(inode->mode) || S_ISBLK(inode->mode)) {
		(*unpack->left_out)++;
		return 0;
	}
	if (*first != NULL)
		return make_link(unpack, *first, dir, name->text);
	if (inode->nlink > 1)
		*first = xasprintf(
		    "%.*s%s", (int)unpack->length, unpack->path, name->text);
	return S_ISREG(inode->mode) ? make_file(unpack, dir, name)
				    : make_special(unpack, dir, name);
}

static int fill_directory(
    struct unpack *unpack, const struct inode *inode, int dir);

static int
make_directory(struct unpack *unpack, int dir, const struct name *name)
{
	size_t length = unpack->length;
	autofd int fd = -1;
	int result;

	if (mkdirat(dir, name->text, 0700) < 0)
		return fail(unpack, name);
	fd = beneath_open(dir, name->text, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return fail(unpack, name);
	memcpy(unpack->path + length, name->text, name->length);
	unpack->length += name->length;
	unpack->path[unpack->length++] = '/';
	result = fill_directory(unpack, name->inode, fd);
	unpack->length = length;
	return result;
}

static int
fill_directory(struct unpack *unpack, const struct inode *inode, int dir)
{
	for (uint32_t i = 0; i < inode->name_count; i++) {
		const struct name *name = inode->sorted[i];

		if (strcmp(name->text, ".") == 0 ||
		    strcmp(name->text, "..") == 0)
			continue;
		if (S_ISDIR(name->inode->mode)) {
			if (make_directory(unpack, dir, name) < 0)
				return -1;
		} else if (make_one(unpack, dir, name) < 0) {
			return fail(unpack, name);
		}
	}
	return finish(unpack, inode, dir) < 0 ? fail(unpack, NULL) : 0;
}

int
unpack_tree(int root, const struct tree *tree, int blob, unsigned *left_out,
    struct fault *fault)
{
	struct unpack unpack = {
		.root = root,
		.blob = blob,
		.left_out = left_out,
		.first = xcalloc(tree->inode_count, sizeof *unpack.first),
		.root_user = geteuid() == 0,
		.fault = fault,
	};
	int result = fill_directory(&unpack, tree->root, root);

	for (uint32_t i = 0; i < tree->inode_count; i++)
		free(unpack.first[i]);
	free(unpack.first);
	return result;
}
