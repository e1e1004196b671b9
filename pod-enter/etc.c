/* SPDX-License-Identifier: Apache-2.0 */
/* etc - the files of /etc that a pod's network and name decide */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "etc.h"
#include "path.h"
#include "prog.h"
#include "publish.h"
#include "scope.h"

enum { RESOLV_MAX = 64 * 1024 };

/* /etc of the image, and of the layer above once something is missing. */
struct etc {
	int lower; /* -1: the image has none */
	int root;  /* of the layer above */
	int upper;
};

/* A directory of both layers has the mode of the upper one. */
static void
open_upper(struct etc *etc)
{
	struct stat mode = { .st_mode = 0755 };

	if (etc->upper >= 0)
		return;
	if (mkdirat(etc->root, "etc", 0755) < 0 && errno != EEXIST)
		prog_die("/etc");
	etc->upper = openat(
	    etc->root, "etc", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (etc->upper < 0 ||
	    (etc->lower >= 0 && fstat(etc->lower, &mode) < 0) ||
	    fchown(etc->upper, mode.st_uid, mode.st_gid) < 0 ||
	    fchmod(etc->upper, mode.st_mode & 07777) < 0)
		prog_die("/etc");
}

/* Whatever it is there: a dangling link counts as much as a file. */
static bool
is_missing(struct etc *etc, const char *name)
{
	struct stat file;

	if (etc->lower >= 0 &&
	    fstatat(etc->lower, name, &file, AT_SYMLINK_NOFOLLOW) == 0)
		return false;
	if (etc->lower >= 0 && errno != ENOENT)
		prog_die("the image's /etc/%s", name);
	open_upper(etc);
	return true;
}

static void
add(struct etc *etc, const char *name, const char *text)
{
	autofd int fd = -1;

	if (!is_missing(etc, name))
		return;
	fd = openat(
	    etc->upper, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0 ? errno != EEXIST : write_all(fd, text, strlen(text)) < 0)
		prog_die("/etc/%s", name);
}

/* The host's, wherever the host keeps it. */
static void
add_resolver(struct etc *etc)
{
	autofd int fd =
	    open("/etc/resolv.conf", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	autofree char *text =
	    fd < 0 ? NULL : path_read_fd(fd, RESOLV_MAX, NULL);

	if (text != NULL)
		add(etc, "resolv.conf", text);
}

void
etc_fill(int lower, int upper, const char *hostname)
{
	struct etc etc = { .root = upper, .upper = -1 };
	autofree char *hosts = xasprintf("127.0.0.1 localhost %s\n"
					 "::1 localhost %s\n",
	    hostname, hostname);
	autofree char *name = xasprintf("%s\n", hostname);

	etc.lower =
	    openat(lower, "etc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (etc.lower < 0 && errno != ENOENT)
		return;
	add(&etc, "hosts", hosts);
	add(&etc, "hostname", name);
	add_resolver(&etc);
	if (etc.lower >= 0 && is_missing(&etc, "mtab") &&
	    symlinkat("../proc/self/mounts", etc.upper, "mtab") < 0 &&
	    errno != EEXIST)
		prog_die("/etc/mtab");
	if (etc.lower >= 0)
		(void)close(etc.lower);
	if (etc.upper >= 0)
		(void)close(etc.upper);
}
