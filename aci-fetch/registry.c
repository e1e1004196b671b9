/* SPDX-License-Identifier: Apache-2.0 */
/* registry - asking for parts of an image, source by source */

#include <ctype.h>
#include <err.h>
#include <string.h>

#include "alloc.h"
#include "auth.h"
#include "escape.h"
#include "etag.h"
#include "place.h"
#include "prog.h"
#include "progress.h"
#include "registry.h"
#include "scope.h"
#include "sources.h"
#include "want.h"
#include "web.h"

enum { BREAKS = 3 }; /* so often is what broke off asked for again */

/* The headers that tell us something, in their order in the answer. */
enum { CHALLENGE, TYPE, DIGEST };
static const char *const wanted[] = { "WWW-Authenticate", "Content-Type",
	"Docker-Content-Digest", NULL };

struct registry {
	struct web *web;
	unsigned flags;
	struct sources *sources;
	struct place places[SOURCES_MAX];
	/* What is under way. */
	struct attempt *attempts;
	size_t count;
	struct progress *progress;
};

/* One want on its way from source to source. */
struct attempt {
	struct registry *registry;
	struct want *want;
	struct place *place;
	char *url;
	char *authorization;
	char *etag;    /* of what broke off; NULL: it begins anew */
	bool admitted; /* the authorization was made for this very attempt */
	int breaks;
	bool over;
	int status; /* an exit status: no source is left */
	char *why;
};

struct registry *
registry_open(struct web *web, const struct docker_ref *ref, unsigned flags)
{
	struct registry *registry = xcalloc(1, sizeof *registry);
	struct auth *auth = auth_read();

	registry->web = web;
	registry->flags = flags;
	registry->sources = sources_read(ref);
	for (size_t i = 0; i < registry->sources->count; i++) {
		/* Who may be told is said of the registry itself, the last. */
		bool own = i + 1 == registry->sources->count;

		place_open(&registry->places[i], &registry->sources->list[i],
		    auth, own ? &registry->sources->token_servers : NULL);
	}
	auth_free(auth);
	return registry;
}

void
registry_close(struct registry *registry)
{
	if (registry == NULL)
		return;
	for (size_t i = 0; i < registry->sources->count; i++)
		place_close(&registry->places[i]);
	sources_free(registry->sources);
	free(registry);
}

/*
 * The next source that can be asked, from the one at index on; or NULL, but
 * from the first one on: the registry itself, which is the last, can be asked
 * for anything.
 */
static struct place *
next_place(struct registry *registry, const struct want *want, size_t index)
{
	size_t count = registry->sources->count;

	for (; index < count; index++) {
		struct place *place = &registry->places[index];

		if (place->source->digest_only && want->by_tag)
			continue;
		/* The last is asked anyway: why it fails must be said. */
		if (!place->dead || index + 1 == count)
			return place;
	}
	return NULL;
}

static void
set_authorization(struct attempt *attempt)
{
	const char *authorization = attempt->place->authorization;

	free(attempt->authorization);
	attempt->authorization =
	    authorization == NULL ? NULL : xstrdup(authorization);
}

/* From the first byte on, at that place. */
static void
start_at(struct attempt *attempt, struct place *place)
{
	attempt->place = place;
	free(attempt->url);
	attempt->url =
	    xasprintf("%s://%s/v2/%s/%s", place->scheme, place->source->host,
		place->source->repository, attempt->want->what);
	free(attempt->etag);
	attempt->etag = NULL;
	set_authorization(attempt);
	if (attempt->want->done > 0)
		want_restart(attempt->want);
}

/* Sets why the source failed, which is safe to print and is taken. */
static void
set_failure(struct attempt *attempt, int status, char *why)
{
	free(attempt->why);
	attempt->why = why;
	attempt->status = status;
}

/* The source has failed.  Is there another? */
static bool
try_next(struct attempt *attempt)
{
	struct registry *registry = attempt->registry;
	size_t index = (size_t)(attempt->place - registry->places);
	struct place *next = next_place(registry, attempt->want, index + 1);

	if (next == NULL)
		return false;
	warnx("%s: %s, trying the next", attempt->url, attempt->why);
	set_failure(attempt, 0, NULL);
	attempt->admitted = false;
	attempt->breaks = 0;
	start_at(attempt, next);
	return true;
}

/* The source wants to know who asks. */
static bool
log_in(struct attempt *attempt, const char *header)
{
	const struct registry *registry = attempt->registry;
	const char *now = attempt->place->authorization;
	const char *sent = attempt->authorization;
	char *why = NULL;
	int status = 0;

	/* Another attempt may have found out meanwhile. */
	if (now == NULL || (sent != NULL && strcmp(sent, now) == 0)) {
		status = place_admit(attempt->place, registry->web,
		    (registry->flags & WEB_HTTP) != 0, header, &why);
		attempt->admitted = true;
	}
	if (status != 0)
		set_failure(attempt, status, why);
	else
		start_at(attempt, attempt->place);
	return status == 0;
}

static void
describe(struct attempt *attempt, const struct web_answer *answer)
{
	switch (answer->status) {
	case 401:
		set_failure(attempt, EX_NOPERM,
		    answer->moved ? xstrdup("leads to who wants credentials")
				  : place_refusal(attempt->place));
		break;
	case 403:
		set_failure(attempt, EX_NOPERM, xstrdup("access denied"));
		break;
	case 404:
		set_failure(attempt, EX_UNAVAILABLE, xstrdup("not found"));
		break;
	case 429:
		set_failure(attempt, EX_TEMPFAIL,
		    xstrdup("too many requests, try again later"));
		break;
	default:
		set_failure(attempt, EX_UNAVAILABLE, escape(answer->why));
	}
}

/* Once more from where it broke off, if the source can say that so. */
static void
resume(struct attempt *attempt, const struct web_answer *answer)
{
	attempt->breaks++;
	attempt->admitted = false;
	if (!etag_strong(answer->etag) || attempt->want->done == 0) {
		start_at(attempt, attempt->place);
		return;
	}
	free(attempt->etag);
	attempt->etag = xstrdup(answer->etag);
}

/* By http, where that is allowed and https is not spoken. */
static bool
go_plain(struct attempt *attempt)
{
	struct place *place = attempt->place;

	if ((attempt->registry->flags & WEB_HTTP) == 0 ||
	    strncmp(attempt->url, "https:", 6) != 0)
		return false;
	place->scheme = "http";
	start_at(attempt, place);
	return true;
}

/* The attempt has failed.  Is it to be made again, and how? */
static bool
make_again(struct attempt *attempt, const struct web_answer *answer)
{
	/* What another server wants to know is not its business. */
	const char *challenge =
	    answer->moved ? NULL : answer->values[CHALLENGE];
	bool silent = answer->end == WEB_SILENT;

	if (answer->status == 401 && challenge != NULL && !attempt->admitted) {
		if (log_in(attempt, challenge))
			return true;
	} else if (answer->end == WEB_BROKEN && attempt->breaks < BREAKS) {
		resume(attempt, answer);
		return true;
	} else if (silent && go_plain(attempt)) {
		return true;
	} else {
		describe(attempt, answer);
		attempt->place->dead |= silent;
	}
	return try_next(attempt);
}

static void
begin(void *data, int64_t first, const char *etag)
{
	struct attempt *attempt = data;

	(void)etag;
	if (first == 0 && attempt->want->done > 0)
		want_restart(attempt->want);
}

static void
take(void *data, const void *bytes, size_t length)
{
	struct attempt *attempt = data;

	want_take(attempt->want, bytes, length);
}

/* Of all that is under way together. */
static void
show_progress(void *data, int64_t done, int64_t total)
{
	const struct attempt *attempt = data;
	const struct registry *registry = attempt->registry;

	done = total = 0;
	for (size_t i = 0; i < registry->count; i++) {
		done += registry->attempts[i].want->done;
		total += registry->attempts[i].want->size;
	}
	if (registry->progress != NULL)
		progress_show(registry->progress, done, total);
}

static bool again(struct web_request *request, const struct web_answer *answer);

static void
set_request(struct attempt *attempt, struct web_request *request)
{
	const struct want *want = attempt->want;

	*request = (struct web_request){ .url = attempt->url,
		.http = (attempt->registry->flags & WEB_HTTP) != 0,
		.max = want->size >= 0 ? want->size : want->max,
		.seconds = want->seconds,
		.slowest = want->slowest,
		.also = want->conditional ? 304 : 0,
		.authorization = attempt->authorization,
		.headers = want->headers,
		.wanted = wanted,
		.from = attempt->etag != NULL ? want->done : 0,
		.if_range = attempt->etag,
		.begin = begin,
		.take = take,
		.progress = show_progress,
		.again = again,
		.data = attempt };
}

static bool
again(struct web_request *request, const struct web_answer *answer)
{
	struct attempt *attempt = request->data;

	if (!make_again(attempt, answer))
		return false;
	set_request(attempt, request);
	return true;
}

/* "Application/JSON; charset=utf-8" is application/json. */
static char *
media_type(const char *header)
{
	char *type = xstrndup(header == NULL ? "" : header,
	    header == NULL ? 0 : strcspn(header, "; \t"));

	for (char *p = type; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return type;
}

/* The web is done with it: is it what it should be? */
static void
judge(struct attempt *attempt, struct web_answer *answer)
{
	struct want *want = attempt->want;
	char *why = NULL;

	if (answer->why != NULL) /* its own fault, or another's */
		return;
	want->status = answer->status;
	free(want->type);
	want->type = media_type(answer->values[TYPE]);
	free(want->given);
	want->given = take_ptr(&answer->values[DIGEST]);
	if (want->status == 304 || want_check(want, &why) == 0) {
		attempt->over = true;
		return;
	}
	set_failure(attempt, EX_DATAERR, why);
	(void)try_next(attempt);
}

/* Asks once for all that has not come yet. */
static void
ask(struct registry *registry)
{
	struct attempt **asked = xcalloc(registry->count, sizeof *asked);
	struct web_request *requests =
	    xcalloc(registry->count, sizeof *requests);
	struct web_answer *answers = xcalloc(registry->count, sizeof *answers);
	size_t count = 0;

	for (size_t i = 0; i < registry->count; i++)
		if (!registry->attempts[i].over) {
			asked[count] = &registry->attempts[i];
			set_request(asked[count], &requests[count]);
			count++;
		}
	(void)web_get_all(registry->web, requests, answers, count);
	for (size_t i = 0; i < count; i++) {
		judge(asked[i], &answers[i]);
		web_answer_free(&answers[i]);
	}
	free(asked);
	free(requests);
	free(answers);
}

/* Is there one that no source gives?  And is there one to be asked for? */
static const struct attempt *
failed(const struct registry *registry)
{
	for (size_t i = 0; i < registry->count; i++)
		if (registry->attempts[i].status != 0)
			return &registry->attempts[i];
	return NULL;
}

static bool
is_complete(const struct registry *registry)
{
	for (size_t i = 0; i < registry->count; i++)
		if (!registry->attempts[i].over)
			return false;
	return true;
}

int
registry_get(struct registry *registry, struct want *wants, size_t count,
    struct progress *progress, char **why)
{
	struct attempt *attempts = xcalloc(count, sizeof *attempts);
	const struct attempt *lost;
	int status = 0;

	registry->attempts = attempts;
	registry->count = count;
	registry->progress = progress;
	for (size_t i = 0; i < count; i++) {
		struct place *first = next_place(registry, &wants[i], 0);

		attempts[i].registry = registry;
		attempts[i].want = &wants[i];
		if (first != NULL)
			start_at(&attempts[i], first);
	}
	while ((lost = failed(registry)) == NULL && !is_complete(registry))
		ask(registry);
	if (lost != NULL) {
		status = lost->status;
		*why = xasprintf("%s: %s", lost->url, lost->why);
	}
	for (size_t i = 0; i < count; i++) {
		free(attempts[i].url);
		free(attempts[i].authorization);
		free(attempts[i].etag);
		free(attempts[i].why);
	}
	free(attempts);
	return status;
}
