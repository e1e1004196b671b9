/* SPDX-License-Identifier: Apache-2.0 */
/* publish - files and directories that appear whole, or not at all */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "publish.h"
#include "scope.h"
#include "uuid.h"

/* fsync(2) of a directory, of which we may hold an O_PATH descriptor only. */
static int
sync_directory(int dir)
{
	autofd int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -1 : fsync(fd);
}

int
publish_open(int dir, mode_t mode)
{
	autofd int fd = openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, mode);

	if (fd < 0 || fchmod(fd, mode) < 0)
		return -1;
	return take_fd(&fd);
}

static int
link_name(int fd, int dir, const char *name)
{
	char self[32];

	(void)snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, self, dir, name, AT_SYMLINK_FOLLOW);
}

int
publish_link(int fd, int dir, const char *name)
{
	if (fsync(fd) < 0)
		return -1;
	if (link_name(fd, dir, name) < 0)
		/* Whoever made it may not have synced the directory yet. */
		return errno == EEXIST && sync_directory(dir) == 0 ? 1 : -1;
	return sync_directory(dir);
}

int
write_all(int fd, const void *bytes, size_t length)
{
	const char *from = bytes;

	while (length > 0) {
		ssize_t n = write(fd, from, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		from += n;
		length -= (size_t)n;
	}
	return 0;
}

/* linkat(2) cannot replace: link a name beside it, and rename that. */
int
publish_replace(int fd, int dir, const char *name)
{
	char uuid[UUID_SIZE];
	autofree char *beside = NULL;

	uuid_make(uuid);
	beside = xasprintf(".%s-%s", name, uuid);
	if (link_name(fd, dir, beside) < 0)
		return -1;
	if (renameat(dir, beside, dir, name) < 0) {
		int saved = errno;

		(void)unlinkat(dir, beside, 0);
		errno = saved;
		return -1;
	}
	return 0;
}

int
publish_file(int dir, const char *name, const void *bytes, size_t length,
    mode_t mode, unsigned flags)
{
	autofd int fd = publish_open(dir, mode);
	int there = 0;

	if (fd < 0 || write_all(fd, bytes, length) < 0)
		return -1;
	if ((flags & PUBLISH_DURABLE) != 0 && fsync(fd) < 0)
		return -1;
	if ((flags & PUBLISH_REPLACE) != 0) {
		if (publish_replace(fd, dir, name) < 0)
			return -1;
	} else if (link_name(fd, dir, name) < 0) {
		if (errno != EEXIST)
			return -1;
		there = 1;
	}
	if ((flags & PUBLISH_DURABLE) != 0 && sync_directory(dir) < 0)
		return -1;
	return there;
}

int
publish_rename(
    int fromdir, const char *from, int todir, const char *to, bool durable)
{
	if (renameat2(fromdir, from, todir, to, RENAME_NOREPLACE) < 0)
		return -1;
	if (!durable)
		return 0;
	if (sync_directory(todir) < 0)
		return -1;
	return sync_directory(fromdir);
}
