/* SPDX-License-Identifier: Apache-2.0 */
/* pair - an image and its signature, as files of the store */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "escape.h"
#include "filter.h"
#include "pair.h"
#include "prog.h"
#include "scope.h"

enum { COPY_BUFFER = 256 * 1024 };

static int
open_regular(const char *path)
{
	/* A fifo must not make us wait for its other end. */
	autofd int fd =
	    open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0)
		return -1;
	if (!S_ISREG(status.st_mode)) {
		errno = EINVAL;
		return -1;
	}
	return take_fd(&fd);
}

int
pair_open(const char *path)
{
	autofree char *shown = escape(path);
	int fd = open_regular(path);

	if (fd < 0 && errno == EINVAL)
		filter_failx(EX_DATAERR, "%s: not a regular file", shown);
	if (fd < 0)
		filter_fail(EX_NOINPUT, "%s", shown);
	return fd;
}

int
pair_open_signature(const char *path)
{
	autofree char *shown = escape(path);
	autofree char *asc = xasprintf("%s.asc", path);
	size_t stem = strlen(path) - strlen(".aci");
	int fd = open_regular(asc);

	if (fd < 0 && errno == ENOENT && strlen(path) > strlen(".aci") &&
	    strcmp(path + stem, ".aci") == 0) {
		autofree char *old = xasprintf("%.*s.sig", (int)stem, path);

		fd = open_regular(old);
	}
	if (fd < 0 && errno == ENOENT)
		filter_failx(EX_DATAERR,
		    "%s: image is not signed: there is no %s.asc", shown,
		    shown);
	if (fd < 0)
		filter_fail(EX_NOINPUT, "%s.asc", shown);
	return fd;
}

void
pair_copy(int fd, const char *path, int64_t max, struct spool *spool)
{
	static char buffer[COPY_BUFFER];
	autofree char *shown = escape(path);

	for (;;) {
		ssize_t n = read(fd, buffer, sizeof buffer);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			filter_fail(EX_IOERR, "%s", shown);
		if (n == 0)
			return;
		if (spool->size + n > max)
			filter_failx(
			    EX_DATAERR, "%s: larger than allowed", shown);
		spool_write(spool, buffer, (size_t)n);
	}
}

void
pair_forget(struct pair *image)
{
	free(take_ptr(&image->etag));
	if (image->max_age > 0)
		image->max_age = 0;
}

void
pair_free(struct pair *image)
{
	spool_close(&image->aci);
	spool_close(&image->asc);
	free(image->etag);
	*image = (struct pair)PAIR_NONE;
}
