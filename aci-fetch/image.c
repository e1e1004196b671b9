/* SPDX-License-Identifier: Apache-2.0 */
/* image - one image and its signature, from a server or from a file */

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
#include "image.h"
#include "known.h"
#include "prog.h"
#include "progress.h"
#include "scope.h"
#include "url.h"
#include "web.h"

enum { COPY_BUFFER = 256 * 1024 };

struct transfer {
	struct spool *spool;
	struct progress *progress; /* NULL: nobody looks on */
};

static void
take(void *data, const void *bytes, size_t length)
{
	struct transfer *transfer = data;

	spool_write(transfer->spool, bytes, length);
}

static void
progress(void *data, int64_t done, int64_t total)
{
	struct transfer *transfer = data;

	progress_show(transfer->progress, done, total);
}

static bool
is_absent(const struct web_answer *answer)
{
	return answer->status == 404 || answer->status == 410;
}

/* Returns 0, EX_NOINPUT if the server has no such thing, or EX_UNAVAILABLE. */
static int
get_signature(struct web *web, bool http, const char *url, struct spool *spool,
    char **why)
{
	autofree char *shown = escape(url);
	struct web_answer answer = { 0 };
	struct transfer transfer = { .spool = spool };
	struct web_request request = { .url = url,
		.http = http,
		.max = SMALL_MAX,
		.seconds = SMALL_SECONDS,
		.take = take,
		.data = &transfer };
	int status = 0;

	(void)fprintf(stderr, "Downloading signature from %s\n", shown);
	if (web_get(web, &request, &answer) < 0) {
		status = is_absent(&answer) ? EX_NOINPUT : EX_UNAVAILABLE;
		free(*why);
		*why = xasprintf("%s: %s", url, answer.why);
	}
	web_answer_free(&answer);
	return status;
}

/*
 * There is no signature.  Is it the image that is not there, or is it there
 * and nobody has signed it?
 */
static int
unsigned_or_gone(
    struct web *web, bool http, const char *aci, const char *asc, char **why)
{
	struct web_answer answer = { 0 };
	struct web_request request = {
		.url = aci, .http = http, .head = true, .seconds = SMALL_SECONDS
	};
	bool gone = web_get(web, &request, &answer) < 0 &&
		    (is_absent(&answer) || answer.status == 0);

	free(*why);
	*why = gone ? xasprintf("%s: %s", aci, answer.why)
		    : xasprintf(
			  "%s: image is not signed: there is no %s", aci, asc);
	web_answer_free(&answer);
	return gone ? EX_UNAVAILABLE : EX_DATAERR;
}

static int
signature(struct web *web, bool http, const char *aci, const char *asc,
    struct spool *spool, char **why)
{
	autofree char *old = url_swap(asc, ".aci.asc", ".sig");
	int status = get_signature(web, http, asc, spool, why);

	if (status == EX_NOINPUT && old != NULL)
		status = get_signature(web, http, old, spool, why);
	if (status == EX_NOINPUT)
		status = unsigned_or_gone(web, http, aci, asc, why);
	return status;
}

/* The headers of a request for it, unless it is what the store has. */
static const char *const *
condition(const struct known *known, const char *headers[2], char **text)
{
	if (known->id == NULL || known->etag == NULL)
		return NULL;
	*text = xasprintf("If-None-Match: %s", known->etag);
	headers[0] = *text;
	return headers;
}

static int
get_image(struct web *web, bool http, const char *url,
    const struct known *known, const struct image_limits *limits,
    struct image *image, char **why)
{
	const char *headers[2] = { NULL, NULL };
	autofree char *text = NULL;
	struct progress bar;
	struct web_answer answer = { 0 };
	struct transfer transfer = { .spool = &image->aci, .progress = &bar };
	struct web_request request = { .url = url,
		.http = http,
		.max = limits->size,
		.seconds = limits->seconds,
		.headers = condition(known, headers, &text),
		.take = take,
		.progress = progress,
		.data = &transfer };
	int status = 0;

	if (request.headers != NULL)
		request.also = 304;
	progress_start(&bar, "ACI");
	if (web_get(web, &request, &answer) < 0) {
		progress_broken(&bar);
		status = EX_UNAVAILABLE;
		*why = xasprintf("%s: %s", url, answer.why);
	} else {
		image->unchanged = answer.status == 304;
		if (!image->unchanged)
			progress_done(&bar, image->aci.size);
		image->etag = take_ptr(&answer.etag);
		image->max_age = answer.max_age;
	}
	web_answer_free(&answer);
	return status;
}

int
image_download(struct web *web, bool http, const char *aci, const char *asc,
    const struct known *known, const struct image_limits *limits,
    struct image *image, char **why)
{
	int status = 0;

	*image = (struct image)IMAGE_NONE;
	*why = NULL;
	if (asc != NULL) {
		spool_open(&image->asc, NULL);
		status = signature(web, http, aci, asc, &image->asc, why);
	}
	if (status == 0) {
		/* Of an old signature that was found at the second place. */
		free(*why);
		*why = NULL;
		spool_open(&image->aci, "sha512");
		status = get_image(web, http, aci, known, limits, image, why);
	}
	if (status != 0)
		image_free(image);
	return status;
}

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
image_open(const char *path)
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
image_open_signature(const char *path)
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
image_copy(int fd, const char *path, int64_t max, struct spool *spool)
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
image_forget(struct image *image)
{
	free(take_ptr(&image->etag));
	if (image->max_age > 0)
		image->max_age = 0;
}

void
image_free(struct image *image)
{
	spool_close(&image->aci);
	spool_close(&image->asc);
	free(image->etag);
	*image = (struct image)IMAGE_NONE;
}
