/* SPDX-License-Identifier: Apache-2.0 */
/* path - test of lib/path.c and lib/publish.c */

#undef NDEBUG
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "path.h"
#include "publish.h"
#include "scope.h"

static int top; /* a directory of our own */

static void
file(const char *path, const char *text)
{
	autofd int fd =
	    openat(top, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert(fd >= 0 && write_all(fd, text, strlen(text)) == 0);
}

static void
theirs_stay_inside(void)
{
	autofd int root = path_mkdirs(top, "root/etc", 0755);
	autofd int fd = -1;

	(void)close(root);
	root = openat(top, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	file("secret", "outside");
	file("root/etc/secret", "inside");
	assert(symlinkat("../secret", root, "up") == 0);
	assert(symlinkat("/etc/secret", root, "absolute") == 0);
	assert(symlinkat("loop", root, "loop") == 0);
	assert(symlinkat("/proc/self/cwd", root, "magic") == 0);

	assert(inroot_open(root, "up", O_RDONLY, 0) == -1);
	assert(errno == ENOENT);
	assert(inroot_open(root, "../../secret", O_RDONLY, 0) == -1);
	fd = inroot_open(root, "absolute", O_RDONLY, 0);
	assert(fd >= 0);
	assert(inroot_open(root, "loop", O_RDONLY, 0) == -1 && errno == ELOOP);
	assert(inroot_open(root, "magic", O_RDONLY, 0) == -1);
}

static void
ours_are_plain(void)
{
	autofd int root = openat(top, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	autofd int fd = beneath_open(root, "etc/secret", O_RDONLY, 0);

	assert(fd >= 0);
	assert(beneath_open(root, "absolute", O_RDONLY, 0) == -1);
	assert(errno == ELOOP);
	assert(beneath_open(root, "../secret", O_RDONLY, 0) == -1);
	assert(errno == EXDEV);
	assert(beneath_open(root, "/etc", O_RDONLY, 0) == -1);
	assert(path_is_name("a..b") && !path_is_name("..") &&
	       !path_is_name(".") && !path_is_name("") && !path_is_name("a/b"));
}

static void
modes_are_exact(void)
{
	struct stat made;
	autofd int fd = -1;
	mode_t saved = umask(0077);

	fd = path_mkdirs(top, "a/b/c", 0755);
	assert(fd >= 0 && fstat(fd, &made) == 0);
	assert((made.st_mode & 07777) == 0755);
	assert(fstatat(top, "a/b", &made, 0) == 0);
	assert((made.st_mode & 07777) == 0755);
	(void)umask(0);
	assert(publish_file(top, "f", "x", 1, 0640, 0) == 0);
	assert(fstatat(top, "f", &made, 0) == 0);
	assert((made.st_mode & 07777) == 0640);
	(void)umask(saved);
}

static void
files_are_read_whole_or_not(void)
{
	size_t length = 0;
	autofree char *text = NULL;

	file("five", "12345");
	text = path_read(top, "five", 5, &length);
	assert(text != NULL && length == 5 && strcmp(text, "12345") == 0);
	assert(path_read(top, "five", 4, NULL) == NULL && errno == EFBIG);
	assert(path_read(top, "none", 4, NULL) == NULL && errno == ENOENT);
	assert(mkfifoat(top, "fifo", 0600) == 0);
	assert(path_read(top, "fifo", 4, NULL) == NULL && errno == EINVAL);
	assert(symlinkat("five", top, "link") == 0);
	assert(path_read(top, "link", 9, NULL) == NULL && errno == ELOOP);
}

static void
published_once(void)
{
	autofree char *text = NULL;
	autofd int fd = publish_open(top, 0444);

	assert(fd >= 0 && write_all(fd, "one", 3) == 0);
	assert(publish_link(fd, top, "once") == 0);
	assert(publish_link(fd, top, "once") == 1);
	assert(publish_file(top, "once", "two", 3, 0444, PUBLISH_DURABLE) == 1);
	text = path_read(top, "once", 9, NULL);
	assert(text != NULL && strcmp(text, "one") == 0);
	assert(publish_file(top, "once", "two", 3, 0444, PUBLISH_REPLACE) == 0);
	free(take_ptr(&text));
	text = path_read(top, "once", 9, NULL);
	assert(text != NULL && strcmp(text, "two") == 0);
	assert(publish_rename(top, "once", top, "five", true) == -1);
	assert(errno == EEXIST);
	assert(publish_rename(top, "once", top, "moved", true) == 0);
}

static void
removed_whole(void)
{
	struct stat there;
	autofd int fd = path_mkdirs(top, "victim/d/e", 0755);

	assert(fd >= 0);
	file("victim/d/e/f", "x");
	file("sentinel", "x");
	assert(symlinkat("../sentinel", top, "victim/l") == 0);
	assert(symlinkat("..", top, "victim/d/up") == 0);
	assert(path_remove(top, "victim") == 0);
	assert(fstatat(top, "victim", &there, 0) == -1);
	assert(fstatat(top, "sentinel", &there, 0) == 0);
	assert(path_remove(top, "victim") == 0);
}

/* More levels than a process may have descriptors. */
static void
removed_however_deep(void)
{
	struct stat there;
	int dir = path_mkdirs(top, "deep", 0755);

	for (int i = 0; i < 2000; i++) {
		int next;

		assert(mkdirat(dir, ".deep-0", 0700) == 0);
		next = openat(dir, ".deep-0", O_RDONLY | O_CLOEXEC);
		assert(next >= 0);
		(void)close(dir);
		dir = next;
	}
	(void)close(dir);
	assert(path_remove(top, "deep") == 0);
	assert(fstatat(top, "deep", &there, 0) == -1);
}

int
main(void)
{
	char name[] = "/tmp/rkt-unit-path.XXXXXX";

	assert(mkdtemp(name) != NULL);
	top = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert(top >= 0);
	theirs_stay_inside();
	ours_are_plain();
	modes_are_exact();
	files_are_read_whole_or_not();
	published_once();
	removed_whole();
	removed_however_deep();
	(void)close(top);
	top = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert(path_remove(top, strrchr(name, '/') + 1) == 0);
	(void)close(top);
	return 0;
}
