/* SPDX-License-Identifier: Apache-2.0 */
/* overlay - an app's root file system: its image, and what it writes */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc.h"
#include "kernel.h"
#include "layers.h"
#include "lower.h"
#include "manifest.h"
#include "mount.h"
#include "overlay.h"
#include "path.h"
#include "pod.h"
#include "prog.h"
#include "scope.h"
#include "userns.h"

/* How often an image that vanishes is opened. */
enum { TRIES = 3 };

/* The status of a child that has said why; the others are an errno. */
enum { SAID = 255 };

/*
 * Gives a file system a layer by descriptor (Linux 6.13), else by its name
 * below /proc, which no character of a path can break up.
 */
static int
set_layer(int fs, const char *key, const char *old_key, int layer)
{
	char path[32];

	if (fsconfig(fs, FSCONFIG_SET_FD, key, NULL, layer) == 0)
		return 0;
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", layer);
	return fsconfig(fs, FSCONFIG_SET_STRING, old_key, path, 0);
}

/* The newest on top, the image below all. */
static int
set_lowers(int fs, int lower, const struct layers *layers)
{
	autofree char *all = NULL;

	for (size_t i = 0; i < layers->count; i++) {
		autofree char *above = all;

		if (fsconfig(fs, FSCONFIG_SET_FD, "lowerdir+", NULL,
			layers->older[i]) == 0)
			continue;
		all =
		    xasprintf("%s/proc/self/fd/%d:", above == NULL ? "" : above,
			layers->older[i]);
	}
	if (all != NULL) {
		autofree char *names =
		    xasprintf("%s/proc/self/fd/%d", all, lower);

		return fsconfig(fs, FSCONFIG_SET_STRING, "lowerdir", names, 0);
	}
	return set_layer(fs, "lowerdir+", "lowerdir", lower);
}

/*
 * The overlay is volatile: what a pod writes need not survive a power cut, and
 * unmounting another kind syncs the whole file system below it.
 */
static int
create(int fs, int lower, const struct layers *layers)
{
	return set_lowers(fs, lower, layers) < 0 ||
		       set_layer(fs, "upperdir", "upperdir", layers->upper) <
			   0 ||
		       set_layer(fs, "workdir", "workdir", layers->work) < 0 ||
		       fsconfig(fs, FSCONFIG_SET_FLAG, "volatile", NULL, 0) <
			   0 ||
		       fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0
		   ? -1
		   : 0;
}

/* All that the overlay gets is attached in a mount namespace of our own. */
static int
create_attached(int fs, const struct pod *pod, const char *app, int lower)
{
	struct pod here = { .dir = open_tree(pod->dir, "",
				AT_EMPTY_PATH | OPEN_TREE_CLONE) };
	struct layers layers = { .upper = -1, .work = -1 };

	if (here.dir < 0 || unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount_attach(here.dir, AT_FDCWD, "/") < 0 ||
	    mount_attach(lower, AT_FDCWD, "/") < 0)
		return -1;
	layers_open(&here, app, &layers);
	return create(fs, lower, &layers);
}

/*
 * Before Linux 6.15, overlayfs takes no layer that is mounted nowhere in the
 * caller's mount namespace, as a clone whose ids are mapped is.  A child whose
 * namespace ends with it is a place for that: the overlay keeps its layers.
 */
static int
create_apart(int fs, const struct pod *pod, const char *app, int lower)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return -1;
	if (pid == 0) {
		prog_status = SAID;
		if (create_attached(fs, pod, app, lower) == 0)
			_exit(0);
		_exit(errno < SAID ? errno : EIO);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
	if (errno == SAID)
		exit(prog_status);
	return errno == 0 ? 0 : -1;
}

int
overlay_lower(const struct pod *pod, const struct pod_app *app,
    const struct userns *userns)
{
	for (int i = 1;; i++) {
		autofree char *why = NULL;
		autofd int lower = lower_open(pod, app->image_id, &why);

		if (lower < 0)
			prog_diex("%s: %s", app->name, why);
		if (userns_map(userns, &lower) == 0)
			return take_fd(&lower);
		if (errno != EINVAL || i == TRIES)
			prog_die("%s: the ids of its image", app->name);
	}
}

int
overlay_open(const struct pod *pod, const struct pod_app *app,
    const struct userns *userns, const struct layers *layers)
{
	bool apart = userns->fd >= 0 && kernel_is_before(6, 15);

	for (int i = 1;; i++) {
		autofd int lower = overlay_lower(pod, app, userns);
		autofd int fs = fsopen("overlay", FSOPEN_CLOEXEC);
		int tree = -1;

		if (fs >= 0 && (apart ? create_apart(fs, pod, app->name, lower)
				      : create(fs, lower, layers)) == 0)
			tree = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NODEV);
		if (tree >= 0)
			return tree;
		/*
		 * A gc that looked at the pods before there was this one may
		 * unmount the image after it was opened.  What the overlay has
		 * left in its work directory by then must go.
		 */
		if (errno != EINVAL || i == TRIES ||
		    path_remove(layers->work, "work") < 0)
			prog_die("%s: overlay", app->name);
		apart |= userns->fd >= 0;
	}
}
