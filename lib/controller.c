/* SPDX-License-Identifier: Apache-2.0 */
/* controller - the parts of the kernel that limit a control group */

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "cgroup.h"
#include "controller.h"
#include "publish.h"
#include "scope.h"

/* As many controllers as a list may have, with their names. */
enum { LIST_MAX = 1024 };

static const char *const names[CONTROLLERS] = {
	[CONTROLLER_CPU] = "cpu",
	[CONTROLLER_MEMORY] = "memory",
	[CONTROLLER_PIDS] = "pids",
	[CONTROLLER_DEVICES] = "devices",
};

const char *
controller_name(enum controller which)
{
	return names[which];
}

int
controller_write(int group, const char *file, const char *text)
{
	autofd int fd = openat(group, file, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -1 : write_all(fd, text, strlen(text));
}

int
controller_procs(int group)
{
	return openat(group, "cgroup.procs", O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
}

/* The controllers of a list such as "cpu memory pids\n". */
static unsigned
read_list(int group, const char *file)
{
	char list[LIST_MAX];
	autofd int fd = openat(group, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, list, sizeof list - 1);
	unsigned set = 0;

	list[n < 0 ? 0 : n] = '\0';
	for (unsigned i = 0; i < CONTROLLERS; i++) {
		size_t length = strlen(names[i]);

		for (const char *at = list; *at != '\0'; at++) {
			size_t word = strcspn(at, " \n");

			if (word == length && memcmp(at, names[i], word) == 0)
				set |= 1U << i;
			at += word;
			if (*at == '\0')
				break;
		}
	}
	return set;
}

unsigned
controller_enable(int group, unsigned set)
{
	unsigned on = set & read_list(group, "cgroup.subtree_control");
	unsigned offered = 0;
	int error = ENOENT;

	if (on == set)
		return on;
	offered = set & ~on & read_list(group, "cgroup.controllers");
	/* One at a time: of several, one that fails takes all along. */
	for (unsigned i = 0; i < CONTROLLERS; i++) {
		char text[32];

		if ((offered >> i & 1) == 0)
			continue;
		(void)snprintf(text, sizeof text, "+%s", names[i]);
		if (controller_write(group, "cgroup.subtree_control", text) ==
		    0)
			on |= 1U << i;
		else
			error = errno;
	}
	errno = error;
	return on;
}

int
controller_group(enum controller which, const char *uuid, bool make)
{
	static bool none[CONTROLLERS]; /* has no hierarchy of v1 */
	char top[64];
	struct statfs fs;

	(void)snprintf(top, sizeof top, "/sys/fs/cgroup/%s", names[which]);
	if (!none[which]) {
		int found = statfs(top, &fs);

		if (found < 0 && errno != ENOENT)
			return -1;
		none[which] = found < 0 || fs.f_type != CGROUP_SUPER_MAGIC;
	}
	if (none[which]) {
		errno = ENOENT;
		return -1;
	}
	return cgroup_below(top, uuid, make, NULL);
}
