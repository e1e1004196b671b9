/* SPDX-License-Identifier: Apache-2.0 */
/* cgroup - the control group that a pod's processes are kept in */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "alloc.h"
#include "cgroup.h"
#include "controller.h"
#include "path.h"
#include "pod.h"
#include "publish.h"
#include "scope.h"

#define SLICE "rkt.slice"

/* The file of a pod whose group is not at the usual place. */
#define RECORD "cgroup"

/* Where the unified hierarchy is mounted; NULL and ENOENT if nowhere. */
static const char *
hierarchy(void)
{
	static const char *const places[] = { "/sys/fs/cgroup",
		"/sys/fs/cgroup/unified" };

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		struct statfs fs;

		if (statfs(places[i], &fs) == 0 &&
		    fs.f_type == CGROUP2_SUPER_MAGIC)
			return places[i];
	}
	errno = ENOENT;
	return NULL;
}

/* The process's own group ("/user.slice/x"); the caller frees it. */
static char *
own_group(void)
{
	char text[8192];
	autofd int fd = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	const char *line;

	if (n < 0)
		return NULL;
	text[n] = '\0';
	/* Its line is the one of hierarchy 0, the last of all. */
	line = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
	if (line == NULL)
		return NULL;
	line = strchr(line, '/');
	return line == NULL ? NULL : xstrndup(line, strcspn(line, "\n"));
}

/* Has systemd handed the group over, to be divided by who is in it? */
static bool
is_delegated(const char *group)
{
	static const char *const marks[] = { "trusted.delegate",
		"user.delegate" };
	char value;

	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
		if (getxattr(group, marks[i], &value, 1) == 1 && value == '1')
			return true;
	return geteuid() != 0 && access(group, W_OK) == 0;
}

/* Opens one group below another, and makes it before if told to. */
static int
group_at(int parent, const char *name, bool make)
{
	if (make && mkdirat(parent, name, 0755) < 0 && errno != EEXIST)
		return -1;
	return openat(
	    parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Leaves in the wish what is on for the groups below this one. */
static void
switch_on(int group, struct cgroup_wish *wish)
{
	unsigned on;

	if (wish == NULL || wish->controllers == 0)
		return;
	on = controller_enable(group, wish->controllers);
	if (on != wish->controllers)
		wish->error = errno;
	wish->controllers = on;
}

int
cgroup_below(
    const char *top, const char *uuid, bool make, struct cgroup_wish *wish)
{
	autofd int above = open(top, O_PATH | O_DIRECTORY | O_CLOEXEC);
	autofd int slice = above < 0 ? -1 : group_at(above, SLICE, make);

	if (slice < 0)
		return -1;
	switch_on(above, wish);
	switch_on(slice, wish);
	return group_at(slice, uuid, make);
}

int
cgroup_make(const struct pod *pod, struct cgroup_wish *wish)
{
	const char *top = hierarchy();
	autofree char *own = NULL;
	autofree char *below = NULL;

	if (top == NULL)
		return -1;
	own = own_group();
	if (own == NULL || strcmp(own, "/") == 0)
		return cgroup_below(top, pod->uuid, true, wish);
	below = xasprintf("%s%s", top, own);
	if (!is_delegated(below))
		return cgroup_below(top, pod->uuid, true, wish);
	/* Recorded before it is made: what is there is known. */
	if (publish_file(pod->dir, RECORD, below, strlen(below), 0644, 0) < 0)
		return -1;
	return cgroup_below(below, pod->uuid, true, wish);
}

int
cgroup_open(const struct pod *pod)
{
	autofree char *below = path_read(pod->dir, RECORD, PATH_MAX, NULL);
	const char *top = below;

	if (below == NULL) {
		if (errno != ENOENT)
			return -1;
		top = hierarchy();
	}
	return top == NULL ? -1 : cgroup_below(top, pod->uuid, false, NULL);
}

/* Removes the groups below, deepest first; what is busy stays. */
static int
remove_below(int group)
{
	autofd int again =
	    openat(group, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	autodir DIR *entries = again < 0 ? NULL : fdopendir(again);
	int result = 0, saved = 0;

	if (entries == NULL)
		return -1;
	(void)take_fd(&again);
	for (struct dirent *e; (e = readdir(entries)) != NULL;) {
		autofd int below = -1;

		if (e->d_type != DT_DIR || !path_is_name(e->d_name) ||
		    unlinkat(group, e->d_name, AT_REMOVEDIR) == 0)
			continue;
		below = group_at(group, e->d_name, false);
		if (below < 0 || remove_below(below) < 0 ||
		    unlinkat(group, e->d_name, AT_REMOVEDIR) < 0) {
			saved = errno;
			result = -1;
		}
	}
	if (result < 0)
		errno = saved;
	return result;
}

/* One of the pod's groups, which this closes, and all that is below it. */
static int
remove_group(int fd, const char *uuid)
{
	autofd int group = fd;
	autofd int above = -1;
	int saved;

	if (group < 0)
		return errno == ENOENT ? 0 : -1;
	above = openat(group, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (above < 0)
		return -1;
	if (remove_below(group) == 0 &&
	    unlinkat(above, uuid, AT_REMOVEDIR) == 0)
		return 0;
	/* What is frozen does not even die.  (v1 has a hierarchy for it.) */
	saved = errno;
	(void)controller_write(group, "cgroup.freeze", "0");
	errno = saved;
	return -1;
}

int
cgroup_remove(const struct pod *pod)
{
	int result = remove_group(cgroup_open(pod), pod->uuid);
	int error = errno;

	for (enum controller c = 0; c < CONTROLLERS; c++)
		if (remove_group(
			controller_group(c, pod->uuid, false), pod->uuid) < 0) {
			error = errno;
			result = -1;
		}
	errno = error;
	return result;
}
