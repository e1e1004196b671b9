/* SPDX-License-Identifier: Apache-2.0 */
/* lower - the read-only tree of an image, which its pods share */

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/stat.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc.h"
#include "chain.h"
#include "dirs.h"
#include "lower.h"
#include "path.h"
#include "pod.h"
#include "prog.h"
#include "scope.h"

/* The names of images in the store have this many characters of their id. */
enum { KEY_SIZE = sizeof "sha512-" - 1 + 64 };

/* Is this the root of a mounted index, and not the directory below it? */
static bool
is_index(int fd)
{
	struct statx file;
	struct statfs fs;

	return statx(fd, "", AT_EMPTY_PATH, 0, &file) == 0 &&
	       (file.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0 &&
	       fstatfs(fd, &fs) == 0 && fs.f_type == EROFS_SUPER_MAGIC_V1;
}

static int
open_mounted(const char *path)
{
	autofd int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (!is_index(fd)) {
		errno = ENOENT;
		return -1;
	}
	return take_fd(&fd);
}

/* Runs cas-store mount; its own words tell what fails. */
static int
mount_index(const struct pod *pod, const char *key)
{
	autofree char *program = prog_sibling("cas-store");
	autofree char *from = xasprintf("%s/pods/%s/%s", dirs_data(),
	    pod_place_name(pod->place), pod->uuid);
	autofree char *last = xstrdup(key);
	char command[] = "cas-store", verb[] = "mount", option[] = "--from";
	char *argv[] = { command, verb, option, from, last, NULL };
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int error, status = 0;

	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawn_file_actions_addopen(
	    &actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	for (int fd = CHAIN_LOCK; fd <= CHAIN_HOST_NET; fd++)
		(void)posix_spawn_file_actions_addclose(&actions, fd);
	error = posix_spawn(&pid, program, &actions, NULL, argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	if (error != 0) {
		errno = error;
		return -1;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	errno = EIO;
	return status == 0 ? 0 : -1;
}

/* The unpacked tree: its marker is linked into the pod, so it is still there.
 */
static int
open_tree_of(const struct pod *pod, const char *key)
{
	autofree char *marker = xasprintf("%s.tree", key);
	autofree char *path =
	    xasprintf("%s/cas/tree/%s/rootfs", dirs_data(), key);
	struct stat file;

	if (fstatat(pod->dir, marker, &file, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	return open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int
lower_open(const struct pod *pod, const char *id, char **why)
{
	autofree char *key = xstrndup(id, KEY_SIZE);
	autofree char *mounted = xasprintf("%s/mnt/%s", dirs_run(), key);
	int fd = open_mounted(mounted);

	if (fd < 0 && errno == ENOENT)
		fd = open_tree_of(pod, key);
	if (fd < 0 && errno == ENOENT && mount_index(pod, key) == 0)
		fd = open_mounted(mounted);
	if (fd < 0)
		*why = xasprintf("image %s: %s", key, strerror(errno));
	return fd;
}
