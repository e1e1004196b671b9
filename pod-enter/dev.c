/* SPDX-License-Identifier: Apache-2.0 */
/* dev - an app's /dev */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "alloc.h"
#include "dev.h"
#include "mount.h"
#include "prog.h"
#include "scope.h"
#include "userns.h"

enum { MEMORY = 1, TTY = 5 }; /* major numbers */

enum { TTY_GROUP = 5 }; /* Debian's, and most others' */

static const struct {
	const char *name;
	const char *host;
	unsigned major, minor;
} devices[] = {
	{ "null", "/dev/null", MEMORY, 3 },
	{ "zero", "/dev/zero", MEMORY, 5 },
	{ "full", "/dev/full", MEMORY, 7 },
	{ "random", "/dev/random", MEMORY, 8 },
	{ "urandom", "/dev/urandom", MEMORY, 9 },
	{ "tty", "/dev/tty", TTY, 0 },
};

static const struct {
	const char *name;
	const char *target;
} links[] = {
	{ "ptmx", "pts/ptmx" },
	{ "fd", "/proc/self/fd" },
	{ "stdin", "/proc/self/fd/0" },
	{ "stdout", "/proc/self/fd/1" },
	{ "stderr", "/proc/self/fd/2" },
};

void
dev_share(struct dev_shared *shared, const struct userns *userns)
{
	autofree char *group = xasprintf("%u", userns->first + TTY_GROUP);
	const char *const pts[] = { "ptmxmode", "0666", "mode", "0620", "gid",
		group, "max", "1024", NULL };
	static const char *const shm[] = { "mode", "1777", NULL };

	if (shared->pts < 0)
		shared->pts = mount_new(
		    "devpts", pts, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	if (shared->pts < 0 || userns_give(userns, shared->pts, "") < 0 ||
	    userns_give(userns, shared->pts, "ptmx") < 0)
		prog_die("devpts");
	shared->shm = mount_new("tmpfs", shm,
	    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	if (shared->shm < 0 || userns_give(userns, shared->shm, "") < 0)
		prog_die("/dev/shm");
}

void
dev_spread(struct dev_shared *shared)
{
	if (mount_attach(shared->pts, AT_FDCWD, "/dev/pts") < 0 ||
	    mount_attach(shared->shm, AT_FDCWD, "/dev/shm") < 0)
		prog_die("/dev/pts, /dev/shm");
	(void)close(shared->pts);
	(void)close(shared->shm);
	shared->pts = shared->shm = -1;
}

/* Binds a file of the host's over an empty one; the directory is cwd. */
static int
bind_file(const char *host, const char *name)
{
	if (mknod(name, S_IFREG | 0644, 0) < 0)
		return -1;
	return mount(host, name, NULL, MS_BIND, NULL);
}

static void
bind_device(size_t i)
{
	struct stat file;

	if (bind_file(devices[i].host, devices[i].name) < 0 ||
	    stat(devices[i].name, &file) < 0)
		prog_die("%s", devices[i].host);
	if (!S_ISCHR(file.st_mode) ||
	    file.st_rdev != makedev(devices[i].major, devices[i].minor))
		prog_diex("%s: not the device of that name", devices[i].host);
}

static int
attach_shared(int tree, const char *spread, const char *name)
{
	if (mkdir(name, 0755) < 0)
		return -1;
	return tree >= 0 ? mount_attach(tree, AT_FDCWD, name)
			 : mount(spread, name, NULL, MS_BIND, NULL);
}

static int
bind_console(int terminal)
{
	char name[32];

	if (terminal < 0)
		return bind_file("/dev/null", "console");
	(void)snprintf(name, sizeof name, "pts/%d", terminal);
	return bind_file(name, "console");
}

void
dev_build(int root, const char *app, const struct dev_shared *shared)
{
	static const char *const options[] = { "mode", "755", "size", "64k",
		NULL };
	autofd int dev = mount_new("tmpfs", options,
	    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NODEV);
	autofd int queues = mount_new("mqueue", NULL,
	    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NODEV);

	if (dev < 0 || queues < 0)
		prog_die("tmpfs, mqueue");
	if (mount_attach(dev, root, "dev") < 0 || fchdir(dev) < 0)
		prog_die("%s: /dev", app);
	for (size_t i = 0; i < sizeof devices / sizeof *devices; i++)
		bind_device(i);
	for (size_t i = 0; i < sizeof links / sizeof *links; i++)
		if (symlink(links[i].target, links[i].name) < 0)
			prog_die("%s: /dev/%s", app, links[i].name);
	if (attach_shared(shared->pts, "/dev/pts", "pts") < 0 ||
	    attach_shared(shared->shm, "/dev/shm", "shm") < 0 ||
	    attach_shared(queues, NULL, "mqueue") < 0)
		prog_die("%s: /dev", app);
	if (bind_console(shared->terminal) < 0)
		prog_die("%s: /dev/console", app);
}
