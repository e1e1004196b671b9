/* SPDX-License-Identifier: Apache-2.0 */
/* same - two trees of files, compared */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <sysexits.h>
#include <unistd.h>

#include "alloc.h"
#include "escape.h"
#include "path.h"
#include "same.h"
#include "scope.h"
#include "string-list.h"

enum { CHUNK = 64 * 1024, XATTRS_MAX = 64 * 1024 };

static int
differ(const char *called, struct fault *fault)
{
	autofree char *shown = escape(called);

	return fault_set(fault, EX_DATAERR, "%s: damaged", shown);
}

static int
fail(const char *called, struct fault *fault)
{
	autofree char *shown = escape(called);

	return fault_errno(fault, "%s", shown);
}

static bool
same_status(const struct stat *a, const struct stat *b)
{
	return a->st_mode == b->st_mode && a->st_uid == b->st_uid &&
	       a->st_gid == b->st_gid &&
	       (S_ISDIR(a->st_mode) ||
		   (a->st_size == b->st_size && a->st_nlink == b->st_nlink)) &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static int
same_bytes(int a, int b, const char *called, struct fault *fault)
{
	static char ours[CHUNK], theirs[CHUNK];
	ssize_t n;

	while ((n = read(a, ours, sizeof ours)) > 0)
		if (read(b, theirs, (size_t)n) != n ||
		    memcmp(ours, theirs, (size_t)n) != 0)
			return differ(called, fault);
	return n < 0 ? fail(called, fault) : 0;
}

/* Each of a's is b's, and b has as many bytes of names. */
static int
same_attributes(int a, int b, const char *called, struct fault *fault)
{
	static char names[XATTRS_MAX], ours[XATTRS_MAX], theirs[XATTRS_MAX];
	ssize_t length = flistxattr(a, names, sizeof names);

	if (length < 0 || flistxattr(b, NULL, 0) != length)
		return length < 0 ? fail(called, fault) : differ(called, fault);
	for (const char *name = names; name < names + length;
	     name += strlen(name) + 1) {
		ssize_t n = fgetxattr(a, name, ours, sizeof ours);

		if (n < 0 || fgetxattr(b, name, theirs, sizeof theirs) != n ||
		    memcmp(ours, theirs, (size_t)n) != 0)
			return differ(called, fault);
	}
	return 0;
}

static int
same_links(
    int a, int b, const char *name, const char *called, struct fault *fault)
{
	char ours[4096], theirs[4096];
	ssize_t n = readlinkat(a, name, ours, sizeof ours);

	if (n < 0 || readlinkat(b, name, theirs, sizeof theirs) != n ||
	    memcmp(ours, theirs, (size_t)n) != 0)
		return differ(called, fault);
	return 0;
}

static int
same_trees(int a, int b, const char *called, struct fault *fault)
{
	struct strings ours = { 0 };
	struct strings theirs = { 0 };
	int result = 0;

	if (path_names(a, &ours) < 0 || path_names(b, &theirs) < 0)
		result = fail(called, fault);
	if (result == 0 && ours.count != theirs.count)
		result = differ(called, fault);
	for (size_t i = 0; result == 0 && i < ours.count; i++) {
		autofree char *below = xasprintf("%s/%s", called, ours.list[i]);

		result = strcmp(ours.list[i], theirs.list[i]) != 0
			     ? differ(below, fault)
			     : same(a, b, ours.list[i], below, fault);
	}
	strings_free(&ours);
	strings_free(&theirs);
	return result;
}

int
same(int a, int b, const char *name, const char *called, struct fault *fault)
{
	const int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	struct stat ours, theirs;
	autofd int from = -1;
	autofd int to = -1;

	if (fstatat(a, name, &ours, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fstatat(b, name, &theirs, AT_SYMLINK_NOFOLLOW) < 0)
		return fail(called, fault);
	if (!same_status(&ours, &theirs))
		return differ(called, fault);
	if (S_ISLNK(ours.st_mode))
		return same_links(a, b, name, called, fault);
	if (!S_ISREG(ours.st_mode) && !S_ISDIR(ours.st_mode))
		return 0;
	from = openat(a, name, flags);
	to = openat(b, name, flags);
	if (from < 0 || to < 0)
		return fail(called, fault);
	if (same_attributes(from, to, called, fault) < 0)
		return -1;
	return S_ISDIR(ours.st_mode) ? same_trees(from, to, called, fault)
				     : same_bytes(from, to, called, fault);
}
