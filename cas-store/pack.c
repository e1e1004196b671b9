/* SPDX-License-Identifier: Apache-2.0 */
/* pack - a directory and a manifest become the archive of an image */

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <sysexits.h>

#include "alloc.h"
#include "escape.h"
#include "pack.h"
#include "scope.h"

enum { CHUNK = 256 * 1024, XATTRS_MAX = 64 * 1024, NSEC = 1000000000 };

struct job {
	struct pack *pack;
	struct archive *archive;
	struct archive_entry_linkresolver *links;
	struct fault *fault;
};

static int
refuse(const struct job *job, const char *path, const char *why)
{
	autofree char *shown = escape(path);

	return fault_set(job->fault, EX_DATAERR, "%s: %s", shown, why);
}

static int
refuse_errno(const struct job *job, const char *path)
{
	autofree char *shown = escape(path);

	return fault_errno(job->fault, "%s", shown);
}

/* What libarchive could not write, the reader of our stdout did not take. */
static int
refuse_archive(const struct job *job)
{
	return fault_set(job->fault, EX_IOERR, "the archive: %s",
	    archive_error_string(job->archive));
}

static bool
is_kept(const char *name)
{
	return strcmp(name, "security.capability") == 0 ||
	       (strncmp(name, "user.", 5) == 0 &&
		   strncmp(name, "user.overlay.", 13) != 0);
}

static int
add_xattr(const struct job *job, struct archive_entry *entry, const char *path,
    const char *name)
{
	static char value[XATTRS_MAX];
	ssize_t size;

	if (!is_kept(name)) {
		if (job->pack->dropped == NULL)
			job->pack->dropped = xstrdup(name);
		return 0;
	}
	size = lgetxattr(path, name, value, sizeof value);
	if (size < 0)
		return refuse_errno(job, path);
	archive_entry_xattr_add_entry(entry, name, value, (size_t)size);
	return 0;
}

static int
add_xattrs(const struct job *job, struct archive_entry *entry, const char *path)
{
	static char names[XATTRS_MAX];
	ssize_t length = llistxattr(path, names, sizeof names);
	int result = 0;

	if (length < 0 && errno != ENOTSUP)
		return refuse_errno(job, path);
	for (ssize_t at = 0; at < length && result == 0;
	     at += (ssize_t)strlen(names + at) + 1)
		result = add_xattr(job, entry, path, names + at);
	return result;
}

static int
add_target(const struct job *job, struct archive_entry *entry, const char *path)
{
	static char target[4096];
	ssize_t length = readlink(path, target, sizeof target);

	if (length < 0)
		return refuse_errno(job, path);
	if (length == 0 || (size_t)length == sizeof target)
		return refuse(job, path, "a link that is too long");
	target[length] = '\0';
	archive_entry_set_symlink(entry, target);
	return 0;
}

/* No more and no less than its header says. */
static int
copy_data(const struct job *job, const char *path, int64_t size)
{
	static char chunk[CHUNK];
	autofd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int64_t done = 0;
	ssize_t n;

	if (fd < 0)
		return refuse_errno(job, path);
	while ((n = read(fd, chunk, sizeof chunk)) > 0) {
		done += n;
		if (done > size)
			break;
		if (archive_write_data(job->archive, chunk, (size_t)n) != n)
			return refuse_archive(job);
	}
	if (n < 0)
		return refuse_errno(job, path);
	return done == size ? 0
			    : refuse(job, path, "changed while it was read");
}

/* It warns of names that are not UTF-8, and writes them as they are. */
static int
write_header(const struct job *job, struct archive_entry *entry)
{
	return archive_write_header(job->archive, entry) >= ARCHIVE_WARN
		   ? 0
		   : refuse_archive(job);
}

static void
set_owner(const struct pack *pack, struct archive_entry *entry,
    const struct stat *status)
{
	archive_entry_set_uid(
	    entry, pack->has_owner ? pack->uid : status->st_uid);
	archive_entry_set_gid(
	    entry, pack->has_owner ? pack->gid : status->st_gid);
}

/*
 * libarchive 3.6 writes half a second before second -1, which is -2 and 0.5,
 * as "-2.5"; of the last second before 1970 it cannot write a part.
 */
static void
set_time(const struct pack *pack, struct archive_entry *entry,
    const struct stat *status)
{
	struct timespec time = status->st_mtim;

	if (time.tv_sec >= pack->newest)
		time = (struct timespec){ .tv_sec = pack->newest };
	if (time.tv_sec == -1)
		time.tv_nsec = 0;
	if (time.tv_sec < 0 && time.tv_nsec > 0) {
		time.tv_sec++;
		time.tv_nsec = NSEC - time.tv_nsec;
	}
	archive_entry_set_mtime(entry, time.tv_sec, time.tv_nsec);
}

/* The header of a file: nothing but what the image is to have of it. */
static void
describe(const struct pack *pack, struct archive_entry *entry, const char *name,
    const struct stat *status)
{
	archive_entry_copy_pathname(entry, name);
	archive_entry_set_mode(entry, status->st_mode);
	set_owner(pack, entry, status);
	set_time(pack, entry, status);
	if (S_ISREG(status->st_mode))
		archive_entry_set_size(entry, status->st_size);
	if (S_ISCHR(status->st_mode) || S_ISBLK(status->st_mode))
		archive_entry_set_rdev(entry, status->st_rdev);
	if (S_ISDIR(status->st_mode))
		return;
	/* By these the further names of a file are known. */
	archive_entry_set_dev(entry, status->st_dev);
	archive_entry_set_ino64(entry, (int64_t)status->st_ino);
	archive_entry_set_nlink(entry, (unsigned)status->st_nlink);
}

static int
write_file(const struct job *job, const char *name, const char *path,
    const struct stat *status)
{
	struct archive_entry *entry = archive_entry_new();
	struct archive_entry *later = NULL;
	int result = 0;

	describe(job->pack, entry, name, status);
	if (S_ISLNK(status->st_mode))
		result = add_target(job, entry, path);
	archive_entry_linkify(job->links, &entry, &later);
	if (result == 0 && archive_entry_hardlink(entry) == NULL)
		result = add_xattrs(job, entry, path);
	if (result == 0)
		result = write_header(job, entry);
	if (result == 0 && archive_entry_size(entry) > 0)
		result = copy_data(job, path, status->st_size);
	archive_entry_free(entry);
	return result;
}

static int
write_manifest(const struct job *job)
{
	const struct pack *pack = job->pack;
	struct archive_entry *entry = archive_entry_new();
	int result;

	archive_entry_set_pathname(entry, "manifest");
	archive_entry_set_mode(entry, S_IFREG | 0644);
	archive_entry_set_mtime(entry, 0, 0);
	archive_entry_set_size(entry, (int64_t)pack->length);
	result = write_header(job, entry);
	if (result == 0 && archive_write_data(job->archive, pack->manifest,
			       pack->length) != (ssize_t)pack->length)
		result = refuse_archive(job);
	archive_entry_free(entry);
	return result;
}

static int
by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int
write_found(const struct job *job, const FTSENT *found)
{
	const char *below = found->fts_path + strlen(job->pack->dir);
	autofree char *name = xasprintf("rootfs%s", below);

	switch (found->fts_info) {
	case FTS_DP:
		return 0;
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		errno = found->fts_errno;
		return refuse_errno(job, found->fts_path);
	default:
		break;
	}
	if (S_ISSOCK(found->fts_statp->st_mode)) {
		if (!job->pack->no_sockets)
			return refuse(job, found->fts_path, "a socket");
		job->pack->sockets++;
		return 0;
	}
	return write_file(job, name, found->fts_accpath, found->fts_statp);
}

static int
write_tree(const struct job *job)
{
	char *roots[] = { (char *)(uintptr_t)job->pack->dir, NULL };
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	FTSENT *found;
	int result = 0;

	if (walk == NULL)
		return refuse_errno(job, job->pack->dir);
	while (result == 0 && (errno = 0, found = fts_read(walk)) != NULL)
		result = write_found(job, found);
	if (result == 0 && errno != 0)
		result = refuse_errno(job, job->pack->dir);
	(void)fts_close(walk);
	return result;
}

/* No option of a filter may write a time or a name into the stream. */
static void
set_format(struct archive *archive, enum packing packing)
{
	(void)archive_write_set_format_pax(archive);
	/* Attributes are said once. */
	(void)archive_write_set_options(archive, "xattrheader=SCHILY");
	switch (packing) {
	case PACK_GZIP:
		(void)archive_write_add_filter_gzip(archive);
		(void)archive_write_set_options(archive, "gzip:!timestamp");
		break;
	case PACK_BZIP2:
		(void)archive_write_add_filter_bzip2(archive);
		break;
	case PACK_XZ:
		(void)archive_write_add_filter_xz(archive);
		break;
	case PACK_NONE:
		(void)archive_write_add_filter_none(archive);
		break;
	}
}

int
pack_write(struct pack *pack, int fd, struct fault *fault)
{
	struct job job = {
		.pack = pack,
		.archive = archive_write_new(),
		.links = archive_entry_linkresolver_new(),
		.fault = fault,
	};
	int result = 0;

	if (job.archive == NULL || job.links == NULL)
		return fault_set(fault, EX_OSERR, "libarchive: no memory");
	archive_entry_linkresolver_set_strategy(job.links, ARCHIVE_FORMAT_TAR);
	set_format(job.archive, pack->packing);
	if (archive_write_open_fd(job.archive, fd) != ARCHIVE_OK)
		result = refuse_archive(&job);
	if (result == 0)
		result = write_manifest(&job);
	if (result == 0)
		result = write_tree(&job);
	if (result == 0 && archive_write_close(job.archive) != ARCHIVE_OK)
		result = refuse_archive(&job);
	archive_entry_linkresolver_free(job.links);
	(void)archive_write_free(job.archive);
	return result;
}
