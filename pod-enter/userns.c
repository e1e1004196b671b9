/* SPDX-License-Identifier: Apache-2.0 */
/* userns - the user namespace that a pod has of its own, if it has one */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "alloc.h"
#include "limits.h"
#include "pod.h"
#include "prog.h"
#include "publish.h"
#include "scope.h"
#include "uids.h"
#include "userns.h"

static bool
is_ours(const struct stat *other)
{
	struct stat own;

	if (stat("/proc/self/ns/user", &own) < 0)
		prog_die("/proc/self/ns/user");
	return own.st_dev == other->st_dev && own.st_ino == other->st_ino;
}

static void
read_first(const struct pod *pod, struct userns *userns)
{
	if (uids_of(pod, &userns->first) < 0)
		prog_die("pod %s: user ids", pod->uuid);
}

void
userns_find(const struct pod *pod, struct userns *userns)
{
	autofd int netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	autofd int owner = netns < 0 ? -1 : ioctl(netns, NS_GET_USERNS);
	struct stat file;

	*userns = (struct userns){ .fd = -1 };
	if (owner < 0 || fstat(owner, &file) < 0)
		prog_die("the network's user namespace");
	if (is_ours(&file))
		return;
	read_first(pod, userns);
	userns->fd = take_fd(&owner);
}

void
userns_of(const struct pod *pod, pid_t pid, struct userns *userns)
{
	autofree char *path = xasprintf("/proc/%ld/ns/user", (long)pid);
	struct stat file;

	*userns = (struct userns){ .fd = -1 };
	if (stat(path, &file) < 0)
		prog_die("%s", path);
	if (is_ours(&file))
		return;
	read_first(pod, userns);
	userns->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (userns->fd < 0)
		prog_die("%s", path);
}

int
userns_map_mount(const struct userns *userns, int mount, unsigned below)
{
	struct mount_attr map = {
		.attr_set = MOUNT_ATTR_IDMAP,
		.userns_fd = (uint64_t)userns->fd,
	};

	if (userns->fd < 0)
		return 0;
	return mount_setattr(
	    mount, "", AT_EMPTY_PATH | below, &map, sizeof map);
}

int
userns_map(const struct userns *userns, int *tree)
{
	autofd int clone = -1;

	if (userns->fd < 0)
		return 0;
	clone = open_tree(
	    *tree, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (clone < 0 || userns_map_mount(userns, clone, 0) < 0)
		return -1;
	(void)close(*tree);
	*tree = take_fd(&clone);
	return 0;
}

int
userns_give(const struct userns *userns, int dir, const char *name)
{
	if (userns->fd < 0)
		return 0;
	return fchownat(dir, name, userns->first, userns->first,
	    AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
}

int
userns_give_terminal(const struct userns *userns, int fd)
{
	return userns->fd < 0 ? 0 : fchown(fd, userns->first, (gid_t)-1);
}

void
userns_give_pipes(const struct userns *userns)
{
	for (int fd = 0; fd < 3 && userns->fd >= 0; fd++) {
		struct statfs fs;

		if (fstatfs(fd, &fs) == 0 && fs.f_type == PIPEFS_MAGIC &&
		    userns_give(userns, fd, "") < 0)
			prog_die("descriptor %d", fd);
	}
}

/*
 * What only the host's root may raise is raised before: the hard limits that
 * apps get.
 */
static void
raise_limits(void)
{
	for (const struct app_limit *l = app_limits; l->name != NULL; l++) {
		struct rlimit limit;

		if (getrlimit(l->resource, &limit) < 0 ||
		    limit.rlim_max >= l->limit.rlim_max)
			continue;
		limit.rlim_max = l->limit.rlim_max;
		/* pod-init does with less. */
		(void)setrlimit(l->resource, &limit);
	}
}

static bool
write_score(int fd, const char *text)
{
	return pwrite(fd, text, strlen(text), 0) >= 0;
}

void
userns_enter(const struct userns *userns, int oom_score)
{
	autofd int fd = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
	autofree char *lowest = xasprintf("%d", oom_score);
	char own[16] = "";
	bool lowered;
	int score;

	if (fd < 0 || pread(fd, own, sizeof own - 1, 0) < 0 ||
	    sscanf(own, "%d", &score) != 1)
		prog_die("oom_score_adj");
	raise_limits();
	/* If it cannot be, pod-init says for which app. */
	lowered = oom_score < score && write_score(fd, lowest);
	if (setns(userns->fd, CLONE_NEWUSER) < 0)
		prog_die("user namespace");
	/* Written without the host's rights, it leaves the lower bound. */
	if (lowered && !write_score(fd, own))
		prog_die("oom_score_adj");
	if (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 ||
	    setresuid(0, 0, 0) < 0)
		prog_die("user namespace: its root");
}
