/* SPDX-License-Identifier: Apache-2.0 */
/*
 * partial - the beginning of an image, in the store for another run
 *
 * cas/partial/HASH is the bytes, a record of what they are (url, etag, size),
 * and the length of the record as ten digits: one file, which is there with
 * all that belongs to it, or not at all.
 */

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "dirs.h"
#include "etag.h"
#include "num.h"
#include "partial.h"
#include "publish.h"
#include "record.h"
#include "scope.h"
#include "store.h"

enum {
	SIZE_MIN = 64 * 1024, /* fewer bytes are not worth a file */
	DIGITS = 10,
};

/* What the file says of its bytes; NULL if it does not. */
static json_t *
read_tail(int fd)
{
	char digits[DIGITS + 1] = "";
	char text[RECORD_MAX];
	autofree char *why = NULL;
	off_t end = lseek(fd, -DIGITS, SEEK_END);
	uint64_t length = 0;

	if (end < 0 || pread(fd, digits, DIGITS, end) != DIGITS ||
	    num_parse(digits, 1, sizeof text, &length) < 0 ||
	    (off_t)length > end ||
	    pread(fd, text, length, end - (off_t)length) != (ssize_t)length)
		return NULL;
	return json_parse(text, length, &why);
}

static int
write_tail(int fd, const char *url, const char *etag, off_t size)
{
	autojson json_t *tail = json_pack("{si,ss,ss,sI}", "v", 1, "url", url,
	    "etag", etag, "size", (json_int_t)size);
	autofree char *text = tail == NULL ? NULL : record_line(tail);
	autofree char *all = NULL;

	if (text == NULL)
		return -1;
	all = xasprintf("%s%0*zu", text, DIGITS, strlen(text));
	return write_all(fd, all, strlen(all));
}

/* Of this URL, and by an ETag that says something of the bytes? */
static bool
is_of(const json_t *tail, const char *url)
{
	const char *there = record_string(tail, "url");

	return there != NULL && strcmp(there, url) == 0 &&
	       etag_strong(record_string(tail, "etag"));
}

/* Opens the file for nobody else to open as well. */
static int
open_alone(const char *path)
{
	autofd int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	struct stat file;

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0 ||
	    fstat(fd, &file) < 0 || file.st_nlink != 1)
		return -1;
	return take_fd(&fd);
}

/* Cuts off what says so that it is the beginning of what is at the URL. */
static int
cut_tail(int fd, const char *url, char **etag)
{
	autojson json_t *tail = read_tail(fd);
	int64_t size = record_number(tail, "size", 0);

	if (tail == NULL || !is_of(tail, url) || size < SIZE_MIN ||
	    lseek(fd, 0, SEEK_END) <= size || ftruncate(fd, size) < 0 ||
	    lseek(fd, 0, SEEK_END) != size)
		return -1;
	*etag = xstrdup(record_string(tail, "etag"));
	return 0;
}

static char *
path_of(const char *url)
{
	autofree char *path = store_partial(url);

	return store_absolute(path);
}

int
partial_take(const char *url, char **etag)
{
	autofree char *path = path_of(url);
	autofd int fd = open_alone(path);

	if (fd < 0)
		return -1;
	if (cut_tail(fd, url, etag) < 0) {
		(void)unlink(path);
		return -1;
	}
	return take_fd(&fd);
}

void
partial_drop(const char *url)
{
	autofree char *path = path_of(url);

	(void)unlink(path);
}

/* In place of what is there, unless that is the file itself. */
static int
give_name(int fd, const char *path)
{
	autofree char *self = xasprintf("/proc/self/fd/%d", fd);
	autofd int dir = dirs_open_data("cas/partial");
	struct stat file;

	if (dir < 0 || fstat(fd, &file) < 0)
		return -1;
	if (file.st_nlink > 0)
		return 0;
	(void)unlink(path);
	return linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW);
}

void
partial_keep(int fd, const char *url, const char *etag)
{
	autofree char *path = path_of(url);
	off_t size = lseek(fd, 0, SEEK_END);

	if (size < SIZE_MIN || write_tail(fd, url, etag, size) < 0 ||
	    give_name(fd, path) < 0)
		(void)unlink(path);
}
