/* SPDX-License-Identifier: Apache-2.0 */
/*
 * download - an image and its signature from a server, at the same time
 *
 * Both requests run until both have come, or one has failed for good.  What
 * breaks off is asked for again from where it broke, as long as the server
 * calls it by the same strong ETag.
 */

#include <err.h>
#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "download.h"
#include "endpoints.h"
#include "escape.h"
#include "etag.h"
#include "pair.h"
#include "prog.h"
#include "progress.h"
#include "scope.h"
#include "url.h"
#include "web.h"

enum {
	RESUMES = 5,        /* times that a transfer is taken up again */
	RESUME_PAUSE = 250, /* milliseconds; the second time twice that, … */
	DEFERRALS = 3,      /* times that a deferred signature is asked for */
	DEFER_PAUSE = 1000, /* milliseconds between them */
};

enum { IMAGE, SIGNATURE, PARTS };

/* One attempt. */
struct attempt {
	const struct download *what;
	struct pair *image;
	struct progress bar;
	struct web_request requests[PARTS];
	struct web_answer answers[PARTS];
	char *condition;        /* If-None-Match */
	const char *headers[2]; /* with it */
	char *old;              /* where a signature was in old times */
	bool old_asked;
	int resumes;
};

static void
take_image(void *data, const void *bytes, size_t length)
{
	struct attempt *attempt = data;

	spool_write(&attempt->image->aci, bytes, length);
}

static void
take_signature(void *data, const void *bytes, size_t length)
{
	struct attempt *attempt = data;

	spool_write(&attempt->image->asc, bytes, length);
}

static void
show(void *data, int64_t done, int64_t total)
{
	struct attempt *attempt = data;

	progress_show(&attempt->bar, done, total);
}

/* Whatever ends us from here on: these bytes are by that ETag. */
static void
begin_image(void *data, int64_t first, const char *etag)
{
	struct attempt *attempt = data;
	struct pair *image = attempt->image;

	if (first == 0 && image->aci.size > 0)
		spool_restart(&image->aci);
	if (first == 0 || etag != NULL) {
		free(image->etag);
		image->etag = etag == NULL ? NULL : xstrdup(etag);
		spool_note(&image->aci, attempt->what->endpoint->aci, etag);
	}
}

/* A line for whoever looks on, not into the bar. */
static void
tell(struct attempt *attempt, const char *what, const char *url)
{
	autofree char *shown = escape(url);

	progress_pause(&attempt->bar);
	(void)fprintf(stderr, "%s %s\n", what, shown);
}

/* What a host answered, if somebody wants to know. */
static void
debug(const char *url, const struct web_answer *answer)
{
	autofree char *shown = escape(url);
	autofree char *why = escape(answer->why);

	if (!prog_debug())
		return;
	if (answer->why != NULL)
		warnx("%s: status %ld, %s", shown, answer->status, why);
	else
		warnx("%s: status %ld, ETag %s, fresh for %lld s", shown,
		    answer->status,
		    answer->etag == NULL ? "none" : answer->etag,
		    (long long)answer->max_age);
}

/* Has it broken off, or is nobody there to go on with? */
static bool
is_worth_it(const struct attempt *attempt, const struct web_answer *answer)
{
	if (attempt->resumes == RESUMES)
		return false;
	return answer->end == WEB_BROKEN ||
	       (answer->end == WEB_SILENT && attempt->resumes > 0);
}

static bool
image_again(struct web_request *request, const struct web_answer *answer)
{
	struct attempt *attempt = request->data;
	struct pair *image = attempt->image;

	debug(request->url, answer);
	/* An earlier run has left more than there is now. */
	if (answer->status == 416 && attempt->resumes == 0 &&
	    request->from > 0) {
		request->from = 0;
		return true;
	}
	if (!is_worth_it(attempt, answer) || !etag_strong(image->etag))
		return false;
	attempt->resumes++;
	tell(attempt, "Resuming the download of", request->url);
	request->from = image->aci.size;
	request->if_range = image->etag;
	request->headers = NULL;
	request->pause = (int64_t)RESUME_PAUSE * attempt->resumes;
	return true;
}

static bool
is_absent(const struct web_answer *answer)
{
	return answer->status == 404 || answer->status == 410;
}

static bool
signature_again(struct web_request *request, const struct web_answer *answer)
{
	struct attempt *attempt = request->data;

	debug(request->url, answer);
	if (!is_absent(answer) || attempt->old == NULL || attempt->old_asked)
		return false;
	attempt->old_asked = true;
	request->url = attempt->old;
	tell(attempt, "Downloading signature from", request->url);
	return true;
}

static void
ask_for_image(struct attempt *attempt)
{
	const struct download *what = attempt->what;
	const struct download_limits *limits = what->limits;

	attempt->requests[IMAGE] =
	    (struct web_request){ .url = what->endpoint->aci,
		    .http = what->endpoint->http,
		    .authorization = what->endpoint->aci_authorization,
		    .max = limits->size,
		    .seconds = limits->seconds,
		    .slowest = limits->slowest,
		    .take = take_image,
		    .begin = begin_image,
		    .progress = show,
		    .again = image_again,
		    .data = attempt };
	if (what->etag != NULL) {
		attempt->condition = xasprintf("If-None-Match: %s", what->etag);
		attempt->headers[0] = attempt->condition;
		attempt->requests[IMAGE].headers = attempt->headers;
		attempt->requests[IMAGE].also = 304;
	}
	if (attempt->image->etag != NULL) {
		attempt->requests[IMAGE].from = attempt->image->aci.size;
		attempt->requests[IMAGE].if_range = attempt->image->etag;
	}
}

static void
ask_for_signature(struct attempt *attempt)
{
	const struct download *what = attempt->what;

	attempt->old = url_swap(what->endpoint->asc, ".aci.asc", ".sig");
	attempt->requests[SIGNATURE] =
	    (struct web_request){ .url = what->endpoint->asc,
		    .http = what->endpoint->http,
		    .authorization = what->endpoint->asc_authorization,
		    .max = SMALL_MAX,
		    .seconds = SMALL_SECONDS,
		    .also = 202,
		    .take = take_signature,
		    .again = signature_again,
		    .data = attempt };
}

/* The server makes the signature while the image is on its way. */
static void
come_back(struct attempt *attempt, struct web *web)
{
	struct web_request *request = &attempt->requests[SIGNATURE];
	struct web_answer *answer = &attempt->answers[SIGNATURE];

	for (int i = 0; i < DEFERRALS && answer->status == 202; i++) {
		request->pause = i == 0 ? 0 : DEFER_PAUSE;
		tell(attempt, "Downloading deferred signature from",
		    request->url);
		web_answer_free(answer);
		(void)web_get(web, request, answer);
	}
	if (answer->status == 202) {
		answer->end = WEB_REFUSED;
		answer->why = xstrdup("deferred again and again");
	}
}

/* Has it failed by itself, and not as the other one did? */
static bool
has_failed(const struct web_answer *answer)
{
	return answer->why != NULL && answer->end != WEB_GIVEN_UP;
}

/* An exit status, with *why. */
static int
judge(const struct attempt *attempt, char **why)
{
	const struct download *what = attempt->what;
	const struct web_answer *image = &attempt->answers[IMAGE];
	const struct web_answer *signature = &attempt->answers[SIGNATURE];

	if (image->status == 304 && image->why == NULL)
		return 0;
	if (has_failed(image)) {
		*why = xasprintf("%s: %s", what->endpoint->aci, image->why);
		return EX_UNAVAILABLE;
	}
	if (signature->why == NULL)
		return 0;
	if (is_absent(signature)) {
		*why = xasprintf("%s: image is not signed: there is no %s",
		    what->endpoint->aci, what->endpoint->asc);
		return EX_DATAERR;
	}
	*why = xasprintf(
	    "%s: %s", attempt->requests[SIGNATURE].url, signature->why);
	return EX_UNAVAILABLE;
}

/* Leaves the keeper what another run may go on with. */
static void
give_up(struct attempt *attempt)
{
	const struct web_answer *answer = &attempt->answers[IMAGE];

	if (has_failed(answer) &&
	    (answer->end != WEB_REFUSED || answer->status >= 500))
		spool_leave(&attempt->image->aci);
	pair_free(attempt->image);
}

static void
finish(struct attempt *attempt)
{
	struct web_answer *answer = &attempt->answers[IMAGE];
	struct pair *image = attempt->image;

	image->unchanged = answer->status == 304;
	free(image->etag);
	image->etag = take_ptr(&answer->etag);
	image->max_age = answer->max_age;
	if (!image->unchanged)
		progress_done(&attempt->bar, image->aci.size);
}

static void
ask(struct attempt *attempt, struct web *web)
{
	size_t parts = attempt->what->with_signature ? PARTS : SIGNATURE;

	progress_start(&attempt->bar, "ACI");
	if (parts == PARTS)
		tell(attempt, "Downloading signature from",
		    attempt->what->endpoint->asc);
	if (web_get_all(web, attempt->requests, attempt->answers, parts) == 0 &&
	    attempt->answers[IMAGE].status != 304)
		come_back(attempt, web);
	for (size_t i = 0; i < parts; i++)
		if (attempt->answers[i].end == WEB_CAME)
			debug(attempt->requests[i].url, &attempt->answers[i]);
	progress_pause(&attempt->bar);
}

int
download_image(struct web *web, const struct download *what, struct pair *image,
    char **why)
{
	struct attempt attempt = { .what = what, .image = image };
	int status;

	*image = (struct pair)PAIR_NONE;
	*why = NULL;
	image->etag =
	    spool_resume(&image->aci, what->endpoint->aci, what->hash);
	ask_for_image(&attempt);
	if (what->with_signature) {
		spool_open(&image->asc, NULL);
		ask_for_signature(&attempt);
	}
	ask(&attempt, web);
	status = judge(&attempt, why);
	if (status == 0)
		finish(&attempt);
	else
		give_up(&attempt);
	for (int i = 0; i < PARTS; i++)
		web_answer_free(&attempt.answers[i]);
	free(attempt.condition);
	free(attempt.old);
	return status;
}
