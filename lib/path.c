/* SPDX-License-Identifier: Apache-2.0 */
/* path - two kinds of path: theirs (from an image), and ours */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "alloc.h"
#include "path.h"
#include "scope.h"
#include "string-list.h"

/* A rename somewhere can make openat2(2) say EAGAIN; not for ever. */
enum { TRIES = 128 };

static int
open_resolved(
    int dir, const char *path, int flags, mode_t mode, uint64_t resolve)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.mode = flags & (O_CREAT | __O_TMPFILE) ? mode : 0,
		.resolve = resolve,
	};
	int fd = -1;

	for (int i = 0; i < TRIES; i++) {
		fd = (int)syscall(SYS_openat2, dir, path, &how, sizeof how);
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return fd;
}

int
inroot_open(int root, const char *path, int flags, mode_t mode)
{
	return open_resolved(
	    root, path, flags, mode, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

int
beneath_open(int dir, const char *path, int flags, mode_t mode)
{
	return open_resolved(dir, path, flags, mode,
	    RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
}

/* Makes one directory, with exactly mode if it was not there. */
static int
make_one(int dir, const char *name, mode_t mode)
{
	autofd int made = -1;

	if (mkdirat(dir, name, mode) < 0)
		return errno == EEXIST ? 0 : -1;
	made = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return made < 0 ? -1 : fchmod(made, mode);
}

int
path_mkdirs(int dir, const char *path, mode_t mode)
{
	const int flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
	autofree char *copy = NULL;
	int fd = openat(dir, path, flags);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	copy = xstrdup(path);
	for (char *p = copy + 1; *copy != '\0'; p++) {
		char saved = *p;

		if (saved != '/' && saved != '\0')
			continue;
		*p = '\0';
		if (make_one(dir, copy, mode) < 0)
			return -1;
		*p = saved;
		if (saved == '\0')
			break;
	}
	return openat(dir, path, flags);
}

char *
path_read_fd(int fd, size_t max, size_t *length)
{
	autofree char *bytes = NULL;
	struct stat file;
	size_t size, used = 0;

	if (fstat(fd, &file) < 0)
		return NULL;
	if (!S_ISREG(file.st_mode)) {
		errno = EINVAL;
		return NULL;
	}
	if ((uintmax_t)file.st_size > max) {
		errno = EFBIG;
		return NULL;
	}
	size = (size_t)file.st_size;
	bytes = xcalloc(size + 1, 1);
	while (used < size) {
		ssize_t n = pread(fd, bytes + used, size - used, (off_t)used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return NULL;
		if (n == 0)
			break;
		used += (size_t)n;
	}
	bytes[used] = '\0';
	if (length != NULL)
		*length = used;
	return take_ptr(&bytes);
}

char *
path_read(int dir, const char *path, size_t max, size_t *length)
{
	/* O_NONBLOCK: a fifo of that name must not hold us up. */
	autofd int fd = openat(dir, path,
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

	return fd < 0 ? NULL : path_read_fd(fd, max, length);
}

/*
 * One descriptor is open a level.  What lies deeper than this (an app may nest
 * directories without end) is moved up to the top and removed from there.
 */
enum { DEPTH_MAX = 64 };

struct removal {
	int dir; /* where what is removed lies */
	const char *name;
	const char *kept; /* one name directly in it, or NULL */
	int top;          /* what is removed, if it had to be opened for this */
	unsigned moved;   /* so many were moved up to it */
};

static int remove_at(
    struct removal *, int dir, const char *name, unsigned char type, int depth);

static int
open_removed(int dir, const char *name, int flags)
{
	/* A bind mount of the same file system has the same st_dev. */
	return open_resolved(dir, name, flags | O_DIRECTORY, 0,
	    RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
}

/* Root needs no permission; others can give it to themselves. */
static void
permit(int dir, const char *name)
{
	autofd int fd = open_removed(dir, name, O_PATH);
	char self[32];

	(void)snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	if (fd >= 0)
		(void)chmod(self, 0700);
}

static int
open_to_empty(int dir, const char *name)
{
	if (geteuid() != 0)
		permit(dir, name);
	return open_removed(dir, name, O_RDONLY);
}

/* Removes what is in the directory; closes fd. */
static int
empty_directory(struct removal *removal, int fd, int depth)
{
	autodir DIR *entries = fdopendir(fd);
	int result = 0, saved = 0;

	if (entries == NULL) {
		scope_close(&fd);
		return -1;
	}
	for (struct dirent *e; (e = readdir(entries)) != NULL;) {
		if (!path_is_name(e->d_name) ||
		    (depth == 0 && removal->kept != NULL &&
			strcmp(e->d_name, removal->kept) == 0))
			continue;
		/* Go on after a failure: what can go, goes. */
		if (remove_at(removal, dirfd(entries), e->d_name, e->d_type,
			depth) < 0) {
			saved = errno;
			result = -1;
		}
	}
	if (result < 0)
		errno = saved;
	return result;
}

static int
move_up(struct removal *removal, int dir, const char *name)
{
	char above[32];
	int result;

	if (removal->top < 0)
		removal->top = open_to_empty(removal->dir, removal->name);
	if (removal->top < 0)
		return -1;
	do {
		(void)snprintf(
		    above, sizeof above, ".deep-%u", removal->moved++);
		result =
		    renameat2(dir, name, removal->top, above, RENAME_NOREPLACE);
	} while (result < 0 && errno == EEXIST);
	return result;
}

/*
 * 0, or -1 and errno; ENOTEMPTY: a directory that must be emptied first.  The
 * type, as readdir(3) has it, says what to try; it need not be true.
 */
static int
remove_one(int dir, const char *name, unsigned char type)
{
	bool directory = type == DT_DIR;

	for (int tries = 0; tries < 2; tries++) {
		if (unlinkat(dir, name, directory ? AT_REMOVEDIR : 0) == 0 ||
		    errno == ENOENT)
			return 0;
		/* A directory says EISDIR, in POSIX's words EPERM. */
		if (directory ? errno != ENOTDIR
			      : errno != EISDIR && errno != EPERM)
			break;
		directory = !directory;
	}
	if (errno == EBUSY)
		errno = EXDEV;
	if (errno == EEXIST)
		errno = ENOTEMPTY;
	return -1;
}

static int
remove_at(struct removal *removal, int dir, const char *name,
    unsigned char type, int depth)
{
	int fd;

	if (remove_one(dir, name, type) == 0)
		return 0;
	if (errno != ENOTEMPTY)
		return -1;
	if (depth == DEPTH_MAX)
		return move_up(removal, dir, name);
	fd = open_to_empty(dir, name);
	if (fd < 0 || empty_directory(removal, fd, depth + 1) < 0)
		return -1;
	return remove_one(dir, name, DT_DIR);
}

/* Once more as long as something was moved up. */
static int
empty(struct removal *removal)
{
	unsigned before;
	int result;

	do {
		int fd = open_to_empty(removal->dir, removal->name);

		before = removal->moved;
		result = fd < 0 ? -1 : empty_directory(removal, fd, 0);
	} while (result == 0 && removal->moved != before);
	scope_close(&removal->top);
	return result;
}

int
path_remove(int dir, const char *name)
{
	struct removal removal = { .dir = dir, .name = name, .top = -1 };

	if (remove_one(dir, name, DT_UNKNOWN) == 0)
		return 0;
	if (errno != ENOTEMPTY || empty(&removal) < 0)
		return -1;
	return remove_one(dir, name, DT_DIR);
}

int
path_empty(int dir, const char *kept)
{
	struct removal removal = {
		.dir = dir, .name = ".", .kept = kept, .top = -1
	};

	return empty(&removal);
}

int
path_names(int dir, struct strings *names)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	autodir DIR *entries = fd < 0 ? NULL : fdopendir(fd);
	int error;

	if (entries == NULL) {
		scope_close(&fd);
		return -1;
	}
	for (struct dirent *e; (errno = 0, e = readdir(entries)) != NULL;)
		if (path_is_name(e->d_name))
			strings_add(names, e->d_name);
	error = errno;
	strings_sort(names);
	errno = error;
	return error == 0 ? 0 : -1;
}

bool
path_is_name(const char *name)
{
	return *name != '\0' && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0 && strchr(name, '/') == NULL;
}
