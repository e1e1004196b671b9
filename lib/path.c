/* SPDX-License-Identifier: Apache-2.0 */
/* path - two kinds of path: theirs (from an image), and ours */

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "alloc.h"
#include "path.h"
#include "scope.h"

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

static int remove_at(int dir, const char *name, dev_t device);

static int
empty_directory(int dir, const char *name, dev_t device)
{
	autodir DIR *entries = NULL;
	struct stat file;
	int result = 0, saved = 0, fd;

	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (fstat(fd, &file) < 0 || (entries = fdopendir(fd)) == NULL) {
		saved = errno;
		(void)close(fd);
		errno = saved;
		return -1;
	}
	if (file.st_dev != device) {
		errno = EXDEV;
		return -1;
	}
	for (struct dirent *e; (e = readdir(entries)) != NULL;) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		/* Go on after a failure: what can go, goes. */
		if (remove_at(dirfd(entries), e->d_name, device) < 0) {
			saved = errno;
			result = -1;
		}
	}
	if (result < 0)
		errno = saved;
	return result;
}

static int
remove_at(int dir, const char *name, dev_t device)
{
	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	/* A mount on a file says EBUSY; a directory EISDIR (or EPERM). */
	if (errno == EBUSY)
		errno = EXDEV;
	if (errno != EISDIR && errno != EPERM)
		return -1;
	if (unlinkat(dir, name, AT_REMOVEDIR) == 0)
		return 0;
	if (errno != ENOTEMPTY && errno != EEXIST && errno != EBUSY)
		return -1;
	if (empty_directory(dir, name, device) < 0)
		return -1;
	if (unlinkat(dir, name, AT_REMOVEDIR) == 0)
		return 0;
	if (errno == EBUSY)
		errno = EXDEV;
	return -1;
}

int
path_remove(int dir, const char *name)
{
	struct stat above;

	if (fstat(dir, &above) < 0)
		return -1;
	return remove_at(dir, name, above.st_dev);
}

bool
path_is_name(const char *name)
{
	return *name != '\0' && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0 && strchr(name, '/') == NULL;
}
