/* SPDX-License-Identifier: Apache-2.0 */
/* root - an app's mount namespace: its image, and what we put into it */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "alloc.h"
#include "dev.h"
#include "etc.h"
#include "layers.h"
#include "lower.h"
#include "manifest.h"
#include "mask.h"
#include "mount.h"
#include "names.h"
#include "overlay.h"
#include "path.h"
#include "pod.h"
#include "prog.h"
#include "root.h"
#include "scope.h"
#include "userns.h"

enum { RESTRICTED = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC };

/* What there is of this name, in the layer that is above the others. */
static int
find_place(
    int lower, const struct layers *layers, const char *name, struct stat *file)
{
	for (size_t i = 0; i < layers->count; i++)
		if (fstatat(
			layers->older[i], name, file, AT_SYMLINK_NOFOLLOW) == 0)
			return 0;
	return fstatat(lower, name, file, AT_SYMLINK_NOFOLLOW);
}

/*
 * Makes the places of our own mounts.  What an image has there that is no
 * directory is refused, a symbolic link above all: behind it could be anything
 * (CVE-2019-19921, CVE-2026-41579).
 */
static void
make_places(const struct root *root, const char *app, int lower,
    const struct layers *layers)
{
	static const char *const places[] = { "dev", "proc", "sys" };

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		struct stat file;

		if (find_place(lower, layers, places[i], &file) == 0) {
			if (!S_ISDIR(file.st_mode))
				prog_diex("%s: the image's /%s is no directory",
				    app, places[i]);
		} else if (errno != ENOENT ||
			   (mkdirat(layers->upper, places[i], 0755) < 0 &&
			       errno != EEXIST) ||
			   userns_give(root->userns, layers->upper, places[i]) <
			       0) {
			prog_die("%s: /%s", app, places[i]);
		}
	}
}

/* The root directory of an overlay is that of its upper layer. */
static int
copy_mode(int lower, int upper)
{
	struct stat from, to;

	if (fstat(lower, &from) < 0 || fstat(upper, &to) < 0)
		return -1;
	if ((from.st_uid != to.st_uid || from.st_gid != to.st_gid) &&
	    fchown(upper, from.st_uid, from.st_gid) < 0)
		return -1;
	return from.st_mode == to.st_mode ? 0
					  : fchmod(upper, from.st_mode & 07777);
}

/* Above the volumes, should one of them hold these files. */
static void
add_names(struct root *root, int upper)
{
	const bool hidden = root->volumes.count > 0;

	for (size_t i = 0; i < NAME_FILES; i++) {
		const struct name_file *file = &root->names->files[i];
		autofd int tree = -1;

		if (file->peers)
			tree = open_tree(root->names->peers, "",
			    AT_EMPTY_PATH | OPEN_TREE_CLONE |
				OPEN_TREE_CLOEXEC);
		else if (file->firm && file->text != NULL && hidden)
			tree = open_tree(upper, file->path + 1,
			    AT_SYMLINK_NOFOLLOW | OPEN_TREE_CLONE |
				OPEN_TREE_CLOEXEC);
		else
			continue;
		if (tree < 0 ||
		    mount_restrict(tree,
			RESTRICTED | (file->peers || root->app->read_only_root
					     ? MOUNT_ATTR_RDONLY
					     : 0),
			false) < 0)
			prog_die("%s: %s", root->app->name, file->path);
		volumes_add(&root->volumes, take_fd(&tree), file->path);
	}
}

void
root_open(const struct pod *pod, const struct pod_manifest *manifest,
    const struct pod_app *app, struct root *root)
{
	autofd int lower = overlay_lower(pod, app, root->userns);
	struct layers layers = { .upper = -1, .work = -1 };

	layers_open(pod, app->name, &layers);
	if (copy_mode(
		layers.count > 0 ? layers.older[0] : lower, layers.upper) < 0)
		prog_die("%s: %s.upper", app->name, app->name);
	make_places(root, app->name, lower, &layers);
	etc_fill(lower, layers.upper, root->names, root->userns);
	root->app = app;
	root->tree = overlay_open(pod, app, root->userns, &layers);
	volumes_open(pod, manifest, app, lower, root->userns, &root->volumes);
	add_names(root, layers.upper);
	layers_close(&layers);
}

static void
attach_new(const char *type, unsigned attributes, int root, const char *name,
    const char *app)
{
	autofd int fs = mount_new(type, NULL, attributes);

	if (fs < 0 || mount_attach(fs, root, name) < 0)
		prog_die("%s: /%s", app, name);
}

/* The pod's own part of the hierarchy; a kernel without it goes on. */
static void
attach_cgroup(int root, const char *app)
{
	autofd int fs =
	    mount_new("cgroup2", NULL, RESTRICTED | MOUNT_ATTR_RDONLY);

	if (fs >= 0 && mount_attach(fs, root, "sys/fs/cgroup") < 0 &&
	    errno != ENOENT)
		prog_die("%s: /sys/fs/cgroup", app);
}

void
root_build(const struct root *root, const struct dev_shared *shared)
{
	const char *app = root->app->name;

	/* On top of the host's root, which the process still has as its own. */
	if (mount_attach(root->tree, AT_FDCWD, "/") < 0)
		prog_die("%s: root", app);
	attach_new("proc", RESTRICTED, root->tree, "proc", app);
	attach_new(
	    "sysfs", RESTRICTED | MOUNT_ATTR_RDONLY, root->tree, "sys", app);
	attach_cgroup(root->tree, app);
	dev_build(root->tree, app, shared);
	if (fchdir(root->tree) < 0)
		prog_die("%s: root", app);
	if (!root->unmasked)
		mask_apply();
	volumes_attach(&root->volumes, root->tree);
	if (root->app->read_only_root &&
	    mount_restrict(root->tree, MOUNT_ATTR_RDONLY, false) < 0)
		prog_die("%s: read-only root", app);
	/* The old root lands on the new one, and goes. */
	if (syscall(SYS_pivot_root, ".", ".") < 0 ||
	    umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		prog_die("%s: pivot_root", app);
}
