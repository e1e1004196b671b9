/* SPDX-License-Identifier: Apache-2.0 */
/* mount - an image's index as a file system
 *
 * One mount serves all pods of an image: each superblock has a page cache of
 * its own.  EROFS takes files as its devices since Linux 6.12.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "dirs.h"
#include "mount.h"
#include "scope.h"

/* A tar's data begins at multiples of it. */
enum { BLOCK = 512 };

/*
 * May the archive be read around the page cache?  Else its data is kept twice,
 * as the archive's and as the file's.  Where direct reads must be aligned to
 * more than a block they would fail.
 */
static bool
may_read_direct(int fd)
{
	struct statx status;

	return statx(fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &status) == 0 &&
	       (status.stx_mask & STATX_DIOALIGN) != 0 &&
	       status.stx_dio_offset_align != 0 &&
	       status.stx_dio_offset_align <= BLOCK;
}

static int
set_file(int context, const char *option, int fd)
{
	char path[32];

	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return fsconfig(context, FSCONFIG_SET_STRING, option, path, 0);
}

/* A context that has its superblock. */
static int
create(int index, const int *devices, size_t count)
{
	autofd int context = fsopen("erofs", FSOPEN_CLOEXEC);
	bool direct = true;

	if (context < 0 || set_file(context, "source", index) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (set_file(context, "device", devices[i]) < 0)
			return -1;
		direct = direct && may_read_direct(devices[i]);
	}
	/* Linux 6.12 does not know the word, and does it anyway. */
	if (direct)
		(void)fsconfig(context, FSCONFIG_SET_FLAG, "directio", NULL, 0);
	if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	return take_fd(&context);
}

int
mount_index(int index, const int *devices, size_t count)
{
	autofd int context = create(index, devices, count);

	if (context < 0)
		return -1;
	return fsmount(context, FSMOUNT_CLOEXEC,
	    MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
}

bool
mount_works(int index, const int *devices, size_t count)
{
	autofd int context = create(index, devices, count);

	return context >= 0;
}

static bool
is_mount(int dir, const char *name)
{
	struct statx status;

	return statx(dir, name,
		   AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT |
		       (*name == '\0' ? AT_EMPTY_PATH : 0),
		   STATX_TYPE, &status) == 0 &&
	       (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

/* Held until it is closed. */
static int
lock_mounts(void)
{
	autofd int run = dirs_open_run(".");
	autofd int fd =
	    run < 0 ? -1
		    : openat(run, "mnt.lock",
			  O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		return -1;
	return take_fd(&fd);
}

/*
 * The directory of the mounts, itself a private mount: what is mounted in it
 * goes to no other namespace, where it would outlive us.
 */
static int
open_private(void)
{
	struct mount_attr attributes = { .propagation = MS_PRIVATE };
	autofd int dir = dirs_open_run("mnt");
	autofd int tree = -1;

	if (dir < 0)
		return -1;
	if (is_mount(dir, ""))
		return take_fd(&dir);
	tree = open_tree(
	    dir, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	if (tree < 0 ||
	    mount_setattr(
		tree, "", AT_EMPTY_PATH, &attributes, sizeof attributes) < 0 ||
	    move_mount(tree, "", dir, "",
		MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return -1;
	/* What we hold lies below the mount now: the path leads onto it. */
	return dirs_open_run("mnt");
}

static int
open_all(
    int dir, const char *index, char *const *devices, size_t count, int *fds)
{
	const int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW;

	for (size_t i = 0; i <= count; i++) {
		fds[i] = openat(dir, i == 0 ? index : devices[i - 1], flags);
		if (fds[i] < 0)
			return -1;
	}
	return 0;
}

static void
close_all(int *fds, size_t count)
{
	int saved = errno;

	for (size_t i = 0; i <= count; i++)
		if (fds[i] >= 0)
			(void)close(fds[i]);
	errno = saved;
}

static int
mount_at(int mounts, const char *key, const int *fds, size_t count)
{
	autofd int mount = mount_index(fds[0], fds + 1, count);

	if (mount < 0)
		return -1;
	if (mkdirat(mounts, key, 0700) < 0 && errno != EEXIST)
		return -1;
	return move_mount(mount, "", mounts, key, MOVE_MOUNT_F_EMPTY_PATH);
}

char *
mount_shared(int dir, const char *key, const char *index, char *const *devices,
    size_t count)
{
	autofree char *path = xasprintf("%s/mnt/%s", dirs_run(), key);
	autofree int *fds = NULL;
	autofd int lock = -1;
	autofd int mounts = -1;
	int result;

	if (is_mount(AT_FDCWD, path))
		return take_ptr(&path);
	fds = xreallocarray(NULL, count + 1, sizeof *fds);
	for (size_t i = 0; i <= count; i++)
		fds[i] = -1;
	lock = lock_mounts();
	mounts = lock < 0 ? -1 : open_private();
	if (mounts < 0)
		return NULL;
	if (is_mount(mounts, key)) /* somebody was faster */
		return take_ptr(&path);
	result = open_all(dir, index, devices, count, fds);
	if (result == 0)
		result = mount_at(mounts, key, fds, count);
	close_all(fds, count);
	return result < 0 ? NULL : take_ptr(&path);
}

static int
take_mount_away(const char *key, int flags)
{
	autofree char *path = xasprintf("%s/mnt/%s", dirs_run(), key);
	autofd int lock = lock_mounts();

	if (lock < 0)
		return -1;
	if (is_mount(AT_FDCWD, path) &&
	    umount2(path, UMOUNT_NOFOLLOW | flags) < 0)
		return -1;
	return rmdir(path) < 0 && errno != ENOENT ? -1 : 0;
}

int
mount_remove(const char *key)
{
	return take_mount_away(key, 0);
}

int
mount_detach(const char *key)
{
	return take_mount_away(key, MNT_DETACH);
}
