/* SPDX-License-Identifier: Apache-2.0 */
/* volume - what is mounted into an app's root besides the image */

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "alloc.h"
#include "device.h"
#include "escape.h"
#include "fill.h"
#include "manifest.h"
#include "mount.h"
#include "path.h"
#include "pod.h"
#include "prog.h"
#include "scope.h"
#include "uids.h"
#include "userns.h"
#include "volume.h"

static const struct volume *
find_volume(const struct pod_manifest *manifest, const struct pod_app *app,
    const char *name)
{
	for (size_t i = 0; i < manifest->volume_count; i++)
		if (strcmp(manifest->volumes[i].name, name) == 0)
			return &manifest->volumes[i];
	prog_diex("%s: no such volume: %s", app->name, name);
}

/* The volume's word first, then the mount point's. */
static bool
is_read_only(const struct volume *volume, const struct app *app,
    const struct pod_mount *mount)
{
	if (volume->read_only >= 0)
		return volume->read_only != 0;
	for (size_t i = 0; i < app->mount_point_count; i++)
		if (strcmp(app->mount_points[i].path, mount->path) == 0)
			return app->mount_points[i].read_only;
	return false;
}

/* From the ids that were asked for to those of the host; the first time. */
static int
own_empty(int fd, const struct userns *userns)
{
	struct stat file;

	if (userns->fd < 0)
		return 0;
	if (fstat(fd, &file) < 0)
		return -1;
	if (file.st_uid >= userns->first)
		return 0;
	if (file.st_uid >= UIDS_COUNT || file.st_gid >= UIDS_COUNT) {
		errno = EOVERFLOW;
		return -1;
	}
	/* A change of owner takes setgid away. */
	if (fchown(fd, userns->first + file.st_uid,
		userns->first + file.st_gid) < 0)
		return -1;
	return fchmod(fd, file.st_mode & 07777);
}

/*
 * An empty volume, which pod-prepare may have marked to begin with what the
 * image has there; once, for whoever is the first to start.
 */
static int
open_empty(const struct pod *pod, const struct volume *volume, int lower,
    const struct userns *userns, const char *target)
{
	autofree char *name = xasprintf("volumes/%s", volume->name);
	autofree char *mark = xasprintf("volumes/%s.fill", volume->name);
	autofd int fd = beneath_open(pod->dir, name, O_RDONLY | O_DIRECTORY, 0);

	if (fd < 0)
		return -1;
	if (faccessat(pod->dir, mark, F_OK, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (fill_volume(lower, target, fd) < 0 ||
		unlinkat(pod->dir, mark, 0) < 0))
		return -1;
	return own_empty(fd, userns) < 0 ? -1 : take_fd(&fd);
}

/* The source; a symbolic link as its last part is none (spec, "volumes"). */
static int
open_source(const struct volume *volume)
{
	autofd int fd = -1;
	struct stat file;

	fd = open(volume->source, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &file) < 0)
		return -1;
	if (S_ISLNK(file.st_mode)) {
		errno = ELOOP;
		return -1;
	}
	return take_fd(&fd);
}

static int
clone_tree(int source, bool is_device, bool recursive, bool read_only,
    const struct userns *map)
{
	struct mount_attr attributes = {
		.attr_set = MOUNT_ATTR_NOSUID |
			    (is_device ? MOUNT_ATTR_NOEXEC : MOUNT_ATTR_NODEV) |
			    (read_only ? MOUNT_ATTR_RDONLY : 0),
		.propagation = MS_PRIVATE,
	};
	const unsigned below = recursive ? AT_RECURSIVE : 0;
	autofd int tree = open_tree(source, "",
	    AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | below);

	if (tree < 0 ||
	    mount_setattr(tree, "", AT_EMPTY_PATH | below, &attributes,
		sizeof attributes) < 0 ||
	    (map != NULL && userns_map_mount(map, tree, below) < 0))
		return -1;
	return take_fd(&tree);
}

static size_t
depth(const char *path)
{
	size_t count = 0;

	for (; *path != '\0'; path++)
		count += *path == '/' && path[1] != '/' && path[1] != '\0';
	return count;
}

static int
by_depth(const void *a, const void *b)
{
	size_t first = depth(((const struct volume_mount *)a)->target);
	size_t second = depth(((const struct volume_mount *)b)->target);

	return (first > second) - (first < second);
}

/* The operator named the node itself: it works, whatever else is nodev. */
static bool
is_device(int source, struct device *device)
{
	struct stat file;

	if (fstat(source, &file) < 0 ||
	    (!S_ISCHR(file.st_mode) && !S_ISBLK(file.st_mode)))
		return false;
	*device = (struct device){ file.st_rdev, S_ISBLK(file.st_mode) };
	return true;
}

void
volumes_add(struct volumes *volumes, int tree, const char *target)
{
	volumes->list = xreallocarray(
	    volumes->list, volumes->count + 1, sizeof *volumes->list);
	volumes->list[volumes->count++] = (struct volume_mount){ tree, target };
}

static void
open_mount(const struct pod_app *app, const struct pod_mount *mount,
    const struct volume *volume, int source, const struct userns *userns,
    struct volumes *volumes)
{
	bool read_only = is_read_only(volume, app->app, mount);
	struct device device;
	bool node = source >= 0 && is_device(source, &device);
	int tree = source < 0
		       ? -1
		       : clone_tree(source, node, volume->recursive != 0,
			     read_only, volume->map_ids > 0 ? userns : NULL);

	if (tree < 0 && errno == EINVAL && volume->map_ids > 0)
		prog_diex("%s: volume %s: its file system maps no ids",
		    app->name, volume->name);
	if (tree < 0)
		prog_die("%s: volume %s", app->name, volume->name);
	volumes_add(volumes, tree, mount->path);
	if (!node || !read_only)
		return;
	volumes->devices = xreallocarray(volumes->devices,
	    volumes->device_count + 1, sizeof *volumes->devices);
	volumes->devices[volumes->device_count++] = device;
}

void
volumes_open(const struct pod *pod, const struct pod_manifest *manifest,
    const struct pod_app *app, int lower, const struct userns *userns,
    struct volumes *volumes)
{
	*volumes = (struct volumes){ .app = app->name };
	for (size_t i = 0; i < app->mount_count; i++) {
		const struct pod_mount *mount = &app->mounts[i];
		const struct volume *volume =
		    find_volume(manifest, app, mount->volume);
		autofd int source =
		    volume->kind == VOLUME_EMPTY
			? open_empty(pod, volume, lower, userns, mount->path)
			: open_source(volume);

		open_mount(app, mount, volume, source, userns, volumes);
	}
	if (volumes->count > 0)
		qsort(volumes->list, volumes->count, sizeof *volumes->list,
		    by_depth);
}

/*
 * Makes what is missing of a path inside root, its last part a directory or
 * an empty file, and opens it.  A dangling symbolic link is not followed.
 */
static int
make_target(int root, const char *path, bool directory)
{
	autofree char *prefix = xstrdup(path);
	autofd int above = inroot_open(root, "/", O_PATH | O_DIRECTORY, 0);
	char *part = prefix;

	while (above >= 0) {
		size_t blank = strspn(part, "/");
		char *name = part + blank;
		size_t length = strcspn(name, "/");
		bool last = name[length + strspn(name + length, "/")] == '\0';
		char saved = name[length];
		autofd int next = -1;

		name[length] = '\0';
		next = inroot_open(root, prefix, O_PATH, 0);
		if (next < 0 && errno == ENOENT) {
			autofd int made = -1;

			if (!last || directory) {
				if (mkdirat(above, name, 0755) < 0)
					return -1;
			} else {
				made = openat(above, name,
				    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
				    0644);
				if (made < 0)
					return -1;
			}
			next = inroot_open(root, prefix, O_PATH, 0);
		}
		if (next < 0 || last)
			return take_fd(&next);
		name[length] = saved;
		part = name + length;
		(void)close(above);
		above = take_fd(&next);
	}
	return -1;
}

/* Nothing may hide or replace what /proc and /sys say (CVE-2019-19921). */
static bool
is_forbidden(int target, int root)
{
	struct statfs fs;
	struct stat its, top;

	if (fstatfs(target, &fs) < 0 || fstat(target, &its) < 0 ||
	    fstat(root, &top) < 0)
		return true;
	return fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC ||
	       fs.f_type == CGROUP2_SUPER_MAGIC ||
	       (its.st_dev == top.st_dev && its.st_ino == top.st_ino);
}

void
volumes_attach(const struct volumes *volumes, int root)
{
	for (size_t i = 0; i < volumes->count; i++) {
		const struct volume_mount *mount = &volumes->list[i];
		autofree char *shown = escape(mount->target);
		autofd int target = inroot_open(root, mount->target, O_PATH, 0);
		struct stat file;

		if (target < 0 && errno == ENOENT &&
		    fstat(mount->tree, &file) == 0)
			target = make_target(
			    root, mount->target, S_ISDIR(file.st_mode));
		if (target < 0)
			prog_die("%s: mount %s", volumes->app, shown);
		if (is_forbidden(target, root))
			prog_diex(
			    "%s: mount %s: not on /, nor in /proc or /sys",
			    volumes->app, shown);
		if (mount_attach_at(mount->tree, target) < 0)
			prog_die("%s: mount %s", volumes->app, shown);
	}
}
