/* SPDX-License-Identifier: Apache-2.0 */
/* etc - the files of /etc that a pod's network and name decide */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "etc.h"
#include "names.h"
#include "path.h"
#include "prog.h"
#include "publish.h"
#include "scope.h"
#include "userns.h"

/* /etc of the image, and of the layer above once something is missing. */
struct etc {
	int image; /* its root */
	int lower; /* -1: the image has none */
	int root;  /* of the layer above */
	int upper;
	const struct userns *userns;
};

/* A directory of both layers has the mode of the upper one. */
static void
open_upper(struct etc *etc)
{
	struct stat mode = {
		.st_mode = 0755,
		.st_uid = etc->userns->first,
		.st_gid = etc->userns->first,
	};

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
is_missing(const struct etc *etc, const char *name)
{
	struct stat file;

	if (etc->lower >= 0 &&
	    fstatat(etc->lower, name, &file, AT_SYMLINK_NOFOLLOW) == 0)
		return false;
	if (etc->lower >= 0 && errno != ENOENT)
		prog_die("the image's /etc/%s", name);
	return true;
}

/*
 * The places that building an image left behind say nothing: an empty file, or
 * a link to one that only its machine had.
 */
static bool
says_nothing(const struct etc *etc, const struct name_file *its)
{
	struct stat file;
	autofd int fd = -1;

	if (is_missing(etc, its->name))
		return true;
	if (fstatat(etc->lower, its->name, &file, AT_SYMLINK_NOFOLLOW) < 0)
		prog_die("the image's %s", its->path);
	if (S_ISREG(file.st_mode))
		return file.st_size == 0;
	if (!S_ISLNK(file.st_mode))
		return false;
	fd = inroot_open(etc->image, its->path, O_PATH, 0);
	return fd < 0 && errno == ENOENT;
}

/* What is in the layer above, hides what the image has. */
static void
put(struct etc *etc, const struct name_file *file)
{
	autofd int fd = -1;

	if (file->text == NULL || (!file->firm && !says_nothing(etc, file)))
		return;
	open_upper(etc);
	fd = openat(etc->upper, file->name,
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0 ? errno != EEXIST
		   : write_all(fd, file->text, strlen(file->text)) < 0 ||
			 userns_give(etc->userns, fd, "") < 0)
		prog_die("%s", file->path);
}

static void
open_etc(struct etc *etc, int lower, int upper, const struct names *names,
    const struct userns *userns)
{
	*etc = (struct etc){
		.image = lower,
		.root = upper,
		.upper = -1,
		.userns = userns,
	};
	etc->lower =
	    openat(lower, "etc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (etc->lower >= 0 || errno == ENOENT)
		return;
	for (size_t i = 0; i < NAME_FILES; i++)
		if (names->files[i].firm)
			prog_diex("%s: the image's /etc is no directory",
			    names->files[i].path);
}

void
etc_fill(int lower, int upper, const struct names *names,
    const struct userns *userns)
{
	struct etc etc;

	open_etc(&etc, lower, upper, names, userns);
	if (etc.lower < 0 && errno != ENOENT)
		return;
	for (size_t i = 0; i < NAME_FILES; i++)
		put(&etc, &names->files[i]);
	if (etc.lower >= 0 && is_missing(&etc, "mtab")) {
		open_upper(&etc);
		if ((symlinkat("../proc/self/mounts", etc.upper, "mtab") < 0 &&
			errno != EEXIST) ||
		    userns_give(userns, etc.upper, "mtab") < 0)
			prog_die("/etc/mtab");
	}
	if (etc.lower >= 0)
		(void)close(etc.lower);
	if (etc.upper >= 0)
		(void)close(etc.upper);
}
