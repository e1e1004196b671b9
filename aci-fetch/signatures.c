/* SPDX-License-Identifier: Apache-2.0 */
/* signatures - those that are kept aside for an image of a registry */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "escape.h"
#include "filter.h"
#include "image.h"
#include "parcel.h"
#include "prog.h"
#include "scope.h"
#include "signatures.h"
#include "url.h"
#include "web.h"

static void
take(void *data, const void *bytes, size_t length)
{
	spool_write(data, bytes, length);
}

/* Is it there? */
static bool
download(struct web *web, const char *url, struct spool *spool)
{
	struct web_answer answer = { 0 };
	struct web_request request = { .url = url,
		/* Who has configured http has asked for it. */
		.http = strncmp(url, "http:", 5) == 0,
		.max = SMALL_MAX,
		.seconds = SMALL_SECONDS,
		.take = take,
		.data = spool };
	bool there = web_get(web, &request, &answer) == 0;

	if (!there && answer.status != 404 && answer.status != 410) {
		autofree char *shown = escape(url);
		autofree char *why = escape(answer.why);

		filter_failx(EX_UNAVAILABLE, "%s: %s", shown, why);
	}
	web_answer_free(&answer);
	return there;
}

static bool
copy(const char *path, struct spool *spool)
{
	autofd int fd =
	    open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 && errno != ENOENT && errno != ENOTDIR) {
		autofree char *shown = escape(path);

		filter_fail(EX_IOERR, "%s", shown);
	}
	if (fd >= 0)
		image_copy(fd, path, SMALL_MAX, spool);
	return fd >= 0;
}

/* One of them; false: there is no such. */
static bool
get(struct web *web, const char *url, struct parcel *parcel)
{
	struct spool *spool = &parcel->signatures[parcel->signature_count];
	autofree char *path = url_path(url);
	autofree char *shown = escape(url);

	spool_open(spool, NULL);
	if (path != NULL ? !copy(path, spool) : !download(web, url, spool)) {
		spool_close(spool);
		return false;
	}
	(void)fprintf(stderr, "Downloading signature from %s\n", shown);
	parcel->signature_count++;
	return true;
}

void
signatures_fetch(struct web *web, const char *place, struct parcel *parcel)
{
	const char *digits = parcel->digest + strlen("sha256-");

	while (parcel->signature_count < SIGNATURES_MAX) {
		autofree char *url = xasprintf("%s@sha256=%s/signature-%zu",
		    place, digits, parcel->signature_count + 1);
		autofree char *shown = escape(url);

		if (get(web, url, parcel))
			continue;
		if (parcel->signature_count == 0)
			filter_failx(EX_DATAERR,
			    "image is not signed: there is no %s", shown);
		return;
	}
}

void
signatures_copy(int fd, const char *path, struct parcel *parcel)
{
	struct spool *spool = &parcel->signatures[parcel->signature_count++];

	spool_open(spool, NULL);
	image_copy(fd, path, SMALL_MAX, spool);
}
