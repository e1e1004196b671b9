/* SPDX-License-Identifier: Apache-2.0 */
/* archiver - a tar that is written: the same content gives the same bytes */

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "alloc.h"
#include "archiver.h"
#include "escape.h"
#include "scope.h"

enum { BUFFER = 256 * 1024, PATH_ROOM = TREE_PATH_MAX + TREE_NAME_MAX + 16 };

struct archiver {
	struct archive *archive;
	struct archive_entry *entry;
	struct fault *fault;
	struct compose *compose; /* by archiver_tree(): */
	char **first; /* of a file of several names, the first one's path */
	char path[PATH_ROOM];
	char buffer[BUFFER];
};

/* What libarchive says of the entry at hand, or of errno. */
static int
fail(struct archiver *archiver)
{
	const char *why = archive_error_string(archiver->archive);
	const char *path = archive_entry_pathname(archiver->entry);
	autofree char *shown = escape(path == NULL ? "archive" : path);

	return fault_set(archiver->fault, EX_IOERR, "%s: %s", shown,
	    why == NULL ? "cannot be written" : why);
}

struct archiver *
archiver_start(int fd, struct fault *fault)
{
	struct archiver *archiver = xcalloc(1, sizeof *archiver);

	archiver->archive = archive_write_new();
	archiver->entry = archive_entry_new();
	archiver->fault = fault;
	/* For names that are UTF-8; others are written as bytes. */
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	if (archiver->archive != NULL && archiver->entry != NULL &&
	    archive_write_set_format_pax(archiver->archive) == ARCHIVE_OK &&
	    /* Attributes in one way, not two. */
	    archive_write_set_options(
		archiver->archive, "xattrheader=SCHILY") == ARCHIVE_OK &&
	    archive_write_set_bytes_in_last_block(archiver->archive, 1) ==
		ARCHIVE_OK &&
	    archive_write_open_fd(archiver->archive, fd) == ARCHIVE_OK)
		return archiver;
	(void)fault_set(fault, EX_SOFTWARE, "libarchive cannot be set up");
	(void)archiver_finish(archiver, false);
	return NULL;
}

int
archiver_finish(struct archiver *archiver, bool good)
{
	int result = 0;

	if (good && archive_write_close(archiver->archive) != ARCHIVE_OK)
		result = fail(archiver);
	else if (!good && archiver->archive != NULL)
		(void)archive_write_fail(archiver->archive);
	archive_entry_free(archiver->entry);
	(void)archive_write_free(archiver->archive);
	free(archiver);
	return result;
}

static int
write_head(struct archiver *archiver)
{
	/* A warning is that a name is no UTF-8. */
	return archive_write_header(archiver->archive, archiver->entry) >=
		       ARCHIVE_WARN
		   ? 0
		   : fail(archiver);
}

static int
write_data(struct archiver *archiver, const void *bytes, size_t length)
{
	return archive_write_data(archiver->archive, bytes, length) ==
		       (la_ssize_t)length
		   ? 0
		   : fail(archiver);
}

/* So many zeros: the archive has none of them, but they are counted. */
static int
write_hole(struct archiver *archiver, uint64_t length)
{
	memset(archiver->buffer, 0, BUFFER);
	while (length > 0) {
		size_t n = length < BUFFER ? (size_t)length : BUFFER;

		if (write_data(archiver, archiver->buffer, n) < 0)
			return -1;
		length -= n;
	}
	return 0;
}

static int
write_range(struct archiver *archiver, int fd, uint64_t at, uint64_t length)
{
	while (length > 0) {
		size_t want = length < BUFFER ? (size_t)length : BUFFER;
		ssize_t n = pread(fd, archiver->buffer, want, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EIO;
		if (n <= 0)
			return fault_errno(archiver->fault, "read");
		if (write_data(archiver, archiver->buffer, (size_t)n) < 0)
			return -1;
		at += (uint64_t)n;
		length -= (uint64_t)n;
	}
	return 0;
}

/* Root's, and of no time. */
static int
plain_head(
    struct archiver *archiver, const char *name, mode_t mode, uint64_t size)
{
	archive_entry_clear(archiver->entry);
	archive_entry_set_pathname(archiver->entry, name);
	archive_entry_set_mode(archiver->entry, mode);
	archive_entry_set_size(archiver->entry, (la_int64_t)size);
	archive_entry_set_mtime(archiver->entry, 0, 0);
	return write_head(archiver);
}

int
archiver_bytes(struct archiver *archiver, const char *name, const void *bytes,
    size_t length)
{
	if (plain_head(archiver, name, S_IFREG | 0644, length) < 0)
		return -1;
	return write_data(archiver, bytes, length);
}

int
archiver_file(
    struct archiver *archiver, const char *name, int fd, uint64_t size)
{
	if (plain_head(archiver, name, S_IFREG | 0644, size) < 0)
		return -1;
	return write_range(archiver, fd, 0, size);
}

int
archiver_directory(struct archiver *archiver, const char *name)
{
	return plain_head(archiver, name, S_IFDIR | 0755, 0);
}

/* The attributes that are a file's, whatever its names. */
static void
describe(struct archiver *archiver, const struct entry *entry, uint32_t type)
{
	struct archive_entry *to = archiver->entry;

	archive_entry_clear(to);
	archive_entry_set_pathname(to, archiver->path);
	archive_entry_set_mode(to, (mode_t)(type << 12 | entry->mode));
	archive_entry_set_uid(to, entry->uid);
	archive_entry_set_gid(to, entry->gid);
	archive_entry_set_mtime(to, entry->mtime, (long)entry->mtime_nsec);
	if (type == S_IFLNK >> 12)
		archive_entry_set_symlink(to, entry->link);
	if (type == S_IFCHR >> 12 || type == S_IFBLK >> 12) {
		archive_entry_set_rdevmajor(to, entry->major);
		archive_entry_set_rdevminor(to, entry->minor);
	}
	for (size_t i = 0; i < entry->xattr_count; i++)
		archive_entry_xattr_add_entry(to, entry->xattrs[i].name,
		    entry->xattrs[i].value, entry->xattrs[i].size);
}

static int
archiver_sparse(struct archiver *archiver, const struct entry *entry, int fd)
{
	uint64_t at = 0;

	for (size_t i = 0; i < entry->extent_count; i++) {
		const struct extent *e = &entry->extents[i];

		if (write_hole(archiver, e->offset - at) < 0 ||
		    write_range(archiver, fd, e->where, e->length) < 0)
			return -1;
		at = e->offset + e->length;
	}
	return write_hole(archiver, entry->size - at);
}

static int
archiver_regular(struct archiver *archiver, const struct entry *entry)
{
	const struct device *device;

	archive_entry_set_size(archiver->entry, (la_int64_t)entry->size);
	for (size_t i = 0; i < entry->extent_count && entry->sparse; i++)
		archive_entry_sparse_add_entry(archiver->entry,
		    (la_int64_t)entry->extents[i].offset,
		    (la_int64_t)entry->extents[i].length);
	if (write_head(archiver) < 0)
		return -1;
	if (entry->size == 0)
		return 0;
	if (entry->device - 1 >= archiver->compose->device_count)
		return fault_set(
		    archiver->fault, EX_SOFTWARE, "no such device");
	device = &archiver->compose->devices[entry->device - 1];
	return entry->sparse ? archiver_sparse(archiver, entry, device->fd)
			     : write_range(archiver, device->fd, entry->data,
				   entry->size);
}

static int
archiver_link(struct archiver *archiver, const char *first)
{
	archive_entry_clear(archiver->entry);
	archive_entry_set_pathname(archiver->entry, archiver->path);
	archive_entry_set_mode(archiver->entry, S_IFREG);
	archive_entry_set_hardlink(archiver->entry, first);
	return write_head(archiver);
}

/* The file that archiver->path names, which is no directory. */
static int
archiver_one(struct archiver *archiver, uint32_t number)
{
	const struct inode *inode = tree_at(&archiver->compose->tree, number);
	struct entry entry;

	if (archiver->first[number] != NULL)
		return archiver_link(archiver, archiver->first[number]);
	if (inode->nlink > 1)
		archiver->first[number] = xstrdup(archiver->path);
	if (entries_look(&archiver->compose->entries, inode->entry, &entry) < 0)
		return -1;
	describe(archiver, &entry, inode->type);
	if (inode->type == S_IFREG >> 12)
		return archiver_regular(archiver, &entry);
	return write_head(archiver);
}

/* The directory that the length bytes of archiver->path name, and what is in
 * it. */
static int
archiver_below(struct archiver *archiver, uint32_t number, size_t length)
{
	const struct tree *tree = &archiver->compose->tree;
	struct entry entry;

	if (entries_look(&archiver->compose->entries,
		tree_at(tree, number)->entry, &entry) < 0)
		return -1;
	describe(archiver, &entry, S_IFDIR >> 12);
	if (length == 0)
		archive_entry_set_pathname(archiver->entry, "./");
	if (write_head(archiver) < 0)
		return -1;
	for (uint32_t id = tree_at(tree, number)->names; id != 0;) {
		const struct name *name = names_at(&tree->names, id);
		size_t end = length + (length > 0);
		int result;

		if (end + name->length >= PATH_ROOM)
			return fault_set(
			    archiver->fault, EX_DATAERR, "a path is too long");
		archiver->path[length] = '/';
		memcpy(archiver->path + end, name->text, name->length);
		archiver->path[end + name->length] = '\0';
		result = tree_is_dir(tree, name->inode)
			     ? archiver_below(
				   archiver, name->inode, end + name->length)
			     : archiver_one(archiver, name->inode);
		archiver->path[length] = '\0';
		if (result < 0)
			return -1;
		id = name->right;
	}
	return 0;
}

int
archiver_tree(
    struct archiver *archiver, const char *name, struct compose *compose)
{
	uint32_t count = compose->tree.count;
	int result;

	archiver->compose = compose;
	archiver->first = xcalloc(count, sizeof *archiver->first);
	(void)stpcpy(archiver->path, name);
	result = archiver_below(archiver, TREE_ROOT, strlen(name));
	for (uint32_t i = 0; i < count; i++)
		free(archiver->first[i]);
	free(archiver->first);
	return result;
}
