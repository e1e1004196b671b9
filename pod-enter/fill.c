/* SPDX-License-Identifier: Apache-2.0 */
/* fill - a volume that begins with what the image has in its place */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "alloc.h"
#include "fill.h"
#include "path.h"
#include "scope.h"

enum { ATTRIBUTES_MAX = 64 * 1024, CHUNK = 1 << 30, DEPTH_MAX = 256 };

static int fill_directory(int from, int to, int depth);

/*
 * Those of users only: any other is the system's own, and the volume's file
 * system is not the image's.
 */
static int
copy_attributes(int from, int to)
{
	autofree char *names = NULL;
	autofree char *value = NULL;
	ssize_t length = flistxattr(from, NULL, 0);

	if (length <= 0)
		return length < 0 && errno != ENOTSUP ? -1 : 0;
	names = xcalloc((size_t)length + 1, 1);
	length = flistxattr(from, names, (size_t)length);
	value = xcalloc(ATTRIBUTES_MAX, 1);
	for (const char *name = names; length > 0 && name < names + length;
	     name += strlen(name) + 1) {
		ssize_t size;

		if (strncmp(name, "user.", 5) != 0)
			continue;
		size = fgetxattr(from, name, value, ATTRIBUTES_MAX);
		if (size < 0 || fsetxattr(to, name, value, (size_t)size, 0) < 0)
			return -1;
	}
	return length < 0 ? -1 : 0;
}

/* Owner before mode: a change of owner takes setuid bits away. */
static int
copy_owner(int from, int to)
{
	struct stat file;

	if (fstat(from, &file) < 0 || fchown(to, file.st_uid, file.st_gid) < 0)
		return -1;
	return fchmod(to, file.st_mode & 07777);
}

static int
copy_times(int from, int to)
{
	struct stat file;

	if (fstat(from, &file) < 0)
		return -1;
	return futimens(
	    to, (const struct timespec[]){ file.st_atim, file.st_mtim });
}

static int
copy_bytes(int from, int to)
{
	char bytes[16 * 1024];
	ssize_t n;

	while ((n = copy_file_range(from, NULL, to, NULL, CHUNK, 0)) > 0)
		;
	if (n == 0 || (errno != EXDEV && errno != EINVAL && errno != ENOSYS &&
			  errno != EOPNOTSUPP))
		return (int)n;
	while ((n = read(from, bytes, sizeof bytes)) > 0)
		for (ssize_t done = 0, m; done < n; done += m) {
			m = write(to, bytes + done, (size_t)(n - done));
			if (m < 0)
				return -1;
		}
	return (int)n;
}

static int
copy_file(int above, const char *name, int to)
{
	autofd int from =
	    openat(above, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	autofd int copy = openat(to, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (from < 0 || copy < 0 || copy_bytes(from, copy) < 0 ||
	    copy_attributes(from, copy) < 0 || copy_owner(from, copy) < 0)
		return -1;
	return copy_times(from, copy);
}

static int
copy_directory(int above, const char *name, int to, int depth)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	autofd int from = openat(above, name, flags);
	autofd int copy = -1;

	if (from < 0 || mkdirat(to, name, 0700) < 0)
		return -1;
	copy = openat(to, name, flags);
	return copy < 0 ? -1 : fill_directory(from, copy, depth + 1);
}

static int
copy_link(int above, const char *name, int to)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(above, name, target, sizeof target - 1);

	if (n < 0)
		return -1;
	target[n] = '\0';
	return symlinkat(target, to, name);
}

/* What has no descriptor to be opened by. */
static int
copy_other(int above, const char *name, const struct stat *file, int to)
{
	if (S_ISLNK(file->st_mode)) {
		if (copy_link(above, name, to) < 0)
			return -1;
	} else if (S_ISFIFO(file->st_mode)) {
		if (mknodat(to, name, S_IFIFO | 0600, 0) < 0)
			return -1;
	} else {
		return 0;
	}
	if (fchownat(to, name, file->st_uid, file->st_gid,
		AT_SYMLINK_NOFOLLOW) < 0 ||
	    (S_ISFIFO(file->st_mode) &&
		fchmodat(to, name, file->st_mode & 07777, 0) < 0))
		return -1;
	return utimensat(to, name,
	    (const struct timespec[]){ file->st_atim, file->st_mtim },
	    AT_SYMLINK_NOFOLLOW);
}

static int
copy_entry(int above, const char *name, int to, int depth)
{
	struct stat file;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return 0;
	if (fstatat(above, name, &file, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	if (S_ISDIR(file.st_mode))
		return copy_directory(above, name, to, depth);
	if (S_ISREG(file.st_mode))
		return copy_file(above, name, to);
	return copy_other(above, name, &file, to);
}

static int
fill_directory(int from, int to, int depth)
{
	int copy = fcntl(from, F_DUPFD_CLOEXEC, 0);
	DIR *entries = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;
	int result = 0;

	if (entries == NULL)
		return -1;
	if (depth > DEPTH_MAX) {
		errno = ELOOP;
		result = -1;
	}
	while (result == 0 && (errno = 0, entry = readdir(entries)) != NULL)
		result = copy_entry(from, entry->d_name, to, depth);
	if (errno != 0)
		result = -1;
	(void)closedir(entries);
	if (result < 0 || copy_attributes(from, to) < 0 ||
	    copy_owner(from, to) < 0)
		return -1;
	return copy_times(from, to);
}

int
fill_volume(int lower, const char *path, int to)
{
	autofd int from = inroot_open(lower, path, O_RDONLY | O_DIRECTORY, 0);

	if (from < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	return fill_directory(from, to, 0);
}
