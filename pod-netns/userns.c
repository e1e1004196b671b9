/* SPDX-License-Identifier: Apache-2.0 */
/* userns - a pod's user namespace, and the network that belongs to it */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "holder.h"
#include "kernel.h"
#include "pod.h"
#include "prog.h"
#include "publish.h"
#include "scope.h"
#include "uids.h"
#include "userns.h"

static _Noreturn void
refuse_clone(void)
{
	if (errno == ENOSPC)
		prog_diex("a user namespace: the kernel allows no more "
			  "(user.max_user_namespaces, "
			  "user.max_net_namespaces); --private-users=no does "
			  "without");
	prog_die("a user namespace");
}

/*
 * In a container, whose own /proc is hidden in part, the kernel lets no user
 * namespace have a whole one (mount_too_revealing() in fs/namespace.c).
 */
static bool
is_proc_hidden(void)
{
	static const char *const paths[] = { "/proc/acpi", "/proc/bus",
		"/proc/kallsyms", "/proc/kcore", "/proc/keys", "/proc/kmsg",
		"/proc/sys", "/proc/sysrq-trigger", "/proc/timer_list",
		"/sys/firmware" };

	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		struct statx file;

		if (statx(AT_FDCWD, paths[i], AT_NO_AUTOMOUNT, 0, &file) == 0 &&
		    (file.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0)
			return true;
	}
	return false;
}

/*
 * Images and what pods write are on one file system, unless it cannot have
 * hard links either: what works with the pod works with both.
 */
static bool
can_map_files(const struct pod *pod, const struct holder *holder)
{
	autofd int userns = holder_open(holder, "ns/user", O_RDONLY);
	struct mount_attr map = {
		.attr_set = MOUNT_ATTR_IDMAP,
		.userns_fd = (uint64_t)userns,
	};
	autofd int tree = open_tree(
	    pod->dir, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (userns < 0 || tree < 0)
		prog_die("pod %s: its file system", pod->uuid);
	return mount_setattr(tree, "", AT_EMPTY_PATH, &map, sizeof map) == 0;
}

static uint32_t
take_range(const struct pod *pod)
{
	uint32_t first;

	if (uids_take(pod, &first) == 0)
		return first;
	if (errno == EBUSY)
		prog_diex(
		    "pod %s: its user ids are another pod's by now", pod->uuid);
	if (errno != EUSERS)
		prog_die("user ids");
	/* Unless the caller wants all failures to look the same. */
	if (prog_status == CHAIN_FAILED)
		prog_status = EX_TEMPFAIL;
	prog_diex("all ranges of user ids from %d to %d are in use, try again",
	    UIDS_FIRST, UIDS_LAST + UIDS_COUNT - 1);
}

int
userns_make(const struct pod *pod, const char **why)
{
	struct holder holder;
	uint32_t first;
	int netns = -1;

	if (geteuid() != 0)
		prog_diex("a network of its own: must be run as root");
	/* Before, overlayfs takes no layer whose ids are mapped. */
	*why = "Linux 5.19 or later is needed";
	if (kernel_is_before(5, 19))
		return -1;
	*why = "/proc is hidden in part, as in a container";
	if (is_proc_hidden())
		return -1;
	first = take_range(pod);
	if (holder_make(&holder, CLONE_NEWUSER | CLONE_NEWNET) < 0)
		refuse_clone();
	if (holder_map(&holder, 0, first) < 0)
		prog_die("a user namespace: ids from %u on", first);
	*why = "the file system of the pods cannot map ids";
	if (can_map_files(pod, &holder)) {
		netns = holder_open(&holder, "ns/net", O_RDONLY);
		if (netns < 0)
			prog_die("a user namespace");
	}
	holder_end(&holder);
	if (netns < 0 && uids_leave(pod) < 0)
		prog_die("user ids");
	return netns;
}

void
userns_refuse(const struct pod *pod)
{
	uint32_t first;

	if (uids_of(pod, &first) == 0)
		prog_diex("pod %s: has run with users of its own, who own "
			  "its files",
		    pod->uuid);
	if (errno != ENOENT)
		prog_die("user ids");
}

void
userns_allow_ping(const struct pod *pod)
{
	static const char path[] = "/proc/sys/net/ipv4/ping_group_range";
	autofd int fd = open(path, O_WRONLY | O_CLOEXEC);
	autofree char *text = NULL;
	uint32_t first;

	if (uids_of(pod, &first) < 0)
		prog_die("user ids");
	text = xasprintf("%u %u", first, first + UIDS_COUNT - 1);
	if (fd < 0 || write_all(fd, text, strlen(text)) < 0)
		prog_die("%s", path);
}
