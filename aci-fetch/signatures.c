/* SPDX-License-Identifier: Apache-2.0 */
/* signatures - those that are kept aside for an image of a registry */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "alloc.h"
#include "escape.h"
#include "filter.h"
#include "pair.h"
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
		.http = strncasecmp(url, "http:", 5) == 0,
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

/* From the directory; name is what the URL ends with. */
static bool
copy(int beside, const char *name, const char *url, struct spool *spool)
{
	autofree char *shown = escape(url);
	autofd int fd =
	    openat(beside, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (beside < 0 || (fd < 0 && (errno == ENOENT || errno == ENOTDIR)))
		return false;
	if (fd < 0)
		filter_fail(EX_NOINPUT, "%s", shown);
	pair_copy(fd, url, SMALL_MAX, spool);
	return true;
}

/* One of them; false: there is no such. */
static bool
get(struct web *web, const char *place, int beside, struct parcel *parcel)
{
	struct spool *spool = &parcel->signatures[parcel->signature_count];
	autofree char *name = xasprintf("%s@sha256=%s/signature-%zu",
	    strrchr(place, '/') + 1, parcel->digest + strlen("sha256-"),
	    parcel->signature_count + 1);
	autofree char *url = xasprintf(
	    "%.*s%s", (int)(strrchr(place, '/') + 1 - place), place, name);
	autofree char *shown = escape(url);
	bool there;

	spool_open(spool, NULL);
	there = url_is_remote(place) ? download(web, url, spool)
				     : copy(beside, name, url, spool);
	if (there) {
		parcel->signature_count++;
		(void)fprintf(stderr, "Downloading signature from %s\n", shown);
		return true;
	}
	spool_close(spool);
	if (parcel->signature_count == 0)
		filter_failx(
		    EX_DATAERR, "image is not signed: there is no %s", shown);
	return false;
}

void
signatures_fetch(
    struct web *web, const char *place, int beside, struct parcel *parcel)
{
	while (parcel->signature_count < SIGNATURES_MAX &&
	       get(web, place, beside, parcel))
		;
}

void
signatures_copy(int fd, const char *path, struct parcel *parcel)
{
	struct spool *spool = &parcel->signatures[parcel->signature_count++];

	spool_open(spool, NULL);
	pair_copy(fd, path, SMALL_MAX, spool);
}
