/* SPDX-License-Identifier: Apache-2.0 */
/* shelf - the files that a keeper has for its child, by their numbers */

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

#include "alloc.h"
#include "dirs.h"
#include "etag.h"
#include "filter.h"
#include "partial.h"
#include "publish.h"
#include "scope.h"
#include "shelf.h"
#include "store.h"

struct file {
	int fd;            /* -1: none has this number */
	const char *taken; /* URL: it is what an earlier run has left of it */
	const char *url;   /* it may be kept as the beginning of that … */
	char *etag;        /* … by this */
};

struct shelf {
	int tmp; /* the directory */
	struct file files[SHELF_SIZE];
};

struct shelf *
shelf_new(int tmp)
{
	struct shelf *shelf = xcalloc(1, sizeof *shelf);

	shelf->tmp = tmp;
	for (int i = 0; i < SHELF_SIZE; i++)
		shelf->files[i].fd = -1;
	return shelf;
}

/* The file gets the first number that is free. */
static int
add(struct shelf *shelf, struct file file, int *number)
{
	for (int i = 0; i < SHELF_SIZE; i++)
		if (shelf->files[i].fd < 0) {
			shelf->files[i] = file;
			*number = i;
			return file.fd;
		}
	(void)close(file.fd);
	free(file.etag);
	errno = EMFILE;
	return -1;
}

int
shelf_open(struct shelf *shelf, int *file)
{
	int fd = publish_open(shelf->tmp, 0600);

	return fd < 0 ? -1 : add(shelf, (struct file){ .fd = fd }, file);
}

int
shelf_take(struct shelf *shelf, const char *url, int *file, const char **etag)
{
	struct file taken = { .taken = url, .url = url };

	taken.fd = partial_take(url, &taken.etag);
	if (taken.fd < 0) {
		errno = ENOENT;
		return -1;
	}
	*etag = taken.etag;
	return add(shelf, taken, file);
}

/* NULL and errno: none has this number. */
static struct file *
find(struct shelf *shelf, int number)
{
	if (number >= 0 && number < SHELF_SIZE && shelf->files[number].fd >= 0)
		return &shelf->files[number];
	errno = EBADF;
	return NULL;
}

int
shelf_note(struct shelf *shelf, int number, const char *url, const char *etag)
{
	struct file *file = find(shelf, number);

	if (file == NULL)
		return -1;
	free(file->etag);
	file->etag = NULL;
	file->url = etag_strong(etag) ? url : NULL;
	if (file->url != NULL)
		file->etag = xstrdup(etag);
	return 0;
}

int
shelf_name(struct shelf *shelf, int number, char **name)
{
	struct file *file = find(shelf, number);
	autofree char *self = NULL;
	autofree char *path = NULL;

	if (file == NULL)
		return -1;
	*name = store_handed_on();
	self = xasprintf("/proc/self/fd/%d", file->fd);
	path = xasprintf("%s/cas/tmp/%s", dirs_data(), *name);
	filter_unlink_on_failure(path);
	file->url = NULL;
	return linkat(AT_FDCWD, self, shelf->tmp, *name, AT_SYMLINK_FOLLOW);
}

int
shelf_close(struct shelf *shelf, int number)
{
	struct file *file = find(shelf, number);

	if (file == NULL)
		return -1;
	if (file->taken != NULL)
		partial_drop(file->taken);
	(void)close(file->fd);
	free(file->etag);
	*file = (struct file){ .fd = -1 };
	return 0;
}

void
shelf_settle(struct shelf *shelf, bool failed)
{
	for (int i = 0; i < SHELF_SIZE; i++) {
		const struct file *file = &shelf->files[i];

		if (failed && file->fd >= 0 && file->url != NULL)
			partial_keep(file->fd, file->url, file->etag);
		else
			(void)shelf_close(shelf, i);
	}
}
