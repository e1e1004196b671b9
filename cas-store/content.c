/* SPDX-License-Identifier: Apache-2.0 */
/* content - what is in a file that is unpacked, and its attributes */

#include <errno.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "content.h"
#include "copy.h"

static const struct device *
device_of(const struct compose *compose, const struct entry *entry)
{
	if (entry->device - 1 < compose->device_count)
		return &compose->devices[entry->device - 1];
	errno = EINVAL;
	return NULL;
}

int
content_fill(const struct compose *compose, const struct entry *entry, int fd)
{
	const struct device *device = device_of(compose, entry);

	if (device == NULL)
		return -1;
	if (!entry->sparse)
		return copy_range(device->fd, entry->data, fd, 0, entry->size);
	for (size_t i = 0; i < entry->extent_count; i++) {
		const struct extent *e = &entry->extents[i];

		if (copy_range(device->fd, e->where, fd, e->offset, e->length) <
		    0)
			return -1;
	}
	return ftruncate(fd, (off_t)entry->size);
}

void
content_times(const struct entry *entry, struct timespec both[2])
{
	both[0].tv_sec = entry->mtime;
	both[0].tv_nsec = entry->mtime_nsec;
	both[1] = both[0];
}

/*
 * Each that changes something is a transaction of the file system's, so that
 * it pays to look first.
 */
static int
set_owner_and_mode(const struct entry *entry, int fd, bool root_user)
{
	struct stat now;
	bool given = false;

	if (fstat(fd, &now) < 0)
		return -1;
	if (root_user)
		given = now.st_uid != entry->uid || now.st_gid != entry->gid;
	if (given && fchown(fd, entry->uid, entry->gid) < 0)
		return -1;
	return given || (now.st_mode & 07777) != entry->mode
		   ? fchmod(fd, entry->mode)
		   : 0;
}

/*
 * Owner, mode, attributes, times, in this order: chown(2) takes setuid and
 * capabilities away, and everything changes times.
 */
int
content_finish(const struct entry *entry, int fd, bool root_user)
{
	struct timespec both[2];

	content_times(entry, both);
	if (set_owner_and_mode(entry, fd, root_user) < 0)
		return -1;
	for (size_t i = 0; i < entry->xattr_count; i++) {
		const struct xattr *x = &entry->xattrs[i];

		if (fsetxattr(fd, x->name, x->value, x->size, 0) < 0 &&
		    (root_user || errno != EPERM))
			return -1;
	}
	return futimens(fd, both);
}
