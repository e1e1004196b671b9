/* SPDX-License-Identifier: Apache-2.0 */
/* keys - public keys, from servers or from files */

#include <stdbool.h>
#include <unistd.h>

#include "alloc.h"
#include "auth.h"
#include "confine.h"
#include "escape.h"
#include "filter.h"
#include "keeper.h"
#include "keys.h"
#include "pair.h"
#include "prog.h"
#include "record.h"
#include "scope.h"
#include "spool.h"
#include "url.h"
#include "web.h"

static void
take(void *data, const void *bytes, size_t length)
{
	spool_write(data, bytes, length);
}

/* One key: where it is, and as whom a server is asked for it. */
struct source {
	const char *place;
	int file;            /* open already; -1: it is on a server */
	char *authorization; /* NULL: as nobody */
	struct spool spool;  /* a file without a name yet */
};

static int
open_file(const char *place)
{
	autofree char *path = url_path(place);

	return pair_open(path != NULL ? path : place);
}

/* Opens what needs rights.  Is any of them on a server? */
static bool
prepare(struct source *sources, const char *const *places, size_t count)
{
	struct auth *auth = NULL;
	bool remote;

	for (size_t i = 0; i < count; i++) {
		sources[i] = (struct source){ .place = places[i], .file = -1 };
		if (!url_is_remote(places[i])) {
			sources[i].file = open_file(places[i]);
			continue;
		}
		if (auth == NULL)
			auth = auth_read();
		sources[i].authorization = auth_for_url(auth, places[i]);
	}
	remote = auth != NULL;
	auth_free(auth);
	return remote;
}

static void
fail(const char *place, const struct web_answer *answer)
{
	autofree char *why = xasprintf("%s: %s", place, answer->why);
	autofree char *shown = escape(why);

	filter_failx(EX_UNAVAILABLE, "%s", shown);
}

/* All at the same time; the first that has failed is told. */
static void
download(struct web *web, bool http, struct source *sources, size_t count)
{
	struct web_request requests[KEYS_MAX];
	struct web_answer answers[KEYS_MAX];
	size_t asked = 0;

	for (size_t i = 0; i < count; i++)
		if (sources[i].file < 0)
			requests[asked++] =
			    (struct web_request){ .url = sources[i].place,
				    .http = http,
				    .authorization = sources[i].authorization,
				    .max = SMALL_MAX,
				    .seconds = SMALL_SECONDS,
				    .take = take,
				    .data = &sources[i].spool };
	(void)web_get_all(web, requests, answers, asked);
	for (size_t i = 0; i < asked; i++) {
		if (answers[i].why != NULL && answers[i].end != WEB_GIVEN_UP)
			fail(requests[i].url, &answers[i]);
		web_answer_free(&answers[i]);
	}
}

static void
copy(struct source *source)
{
	pair_copy(source->file, source->place, SMALL_MAX, &source->spool);
	(void)close(source->file);
}

static void
add(json_t *keys, struct source *source)
{
	autofree char *shown = escape(source->place);
	json_t *key;

	spool_name(&source->spool);
	key = json_pack(
	    "{ss,ss}", "url", source->place, "path", source->spool.path);
	if (key == NULL)
		filter_failx(EX_DATAERR, "%s: path is not UTF-8", shown);
	(void)json_array_append_new(keys, key);
	spool_close(&source->spool);
	free(source->authorization);
}

/* All of them or none: who trusts a prefix wants to see each key. */
static void
fetch(
    json_t *record, const char *const *places, size_t count, unsigned insecure)
{
	struct source sources[KEYS_MAX];
	bool remote = prepare(sources, places, count);
	struct web *web = remote ? web_open(insecure) : NULL;
	json_t *keys = json_array();
	bool http = (insecure & (WEB_HTTP | WEB_HTTP_KEYS)) != 0;

	keeper_confine(remote ? &confine_web : &confine_copy);
	for (size_t i = 0; i < count; i++) {
		spool_open(&sources[i].spool, NULL);
		if (sources[i].file >= 0)
			copy(&sources[i]);
	}
	if (remote)
		download(web, http, sources, count);
	for (size_t i = 0; i < count; i++)
		add(keys, &sources[i]);
	(void)json_object_set_new(
	    record, "fetch", json_pack("{so}", "keys", keys));
	web_close(web);
}

void
keys_fetch_discovered(json_t *record, unsigned insecure)
{
	json_t *keys = record_get(record, "discover.keys");
	size_t count = json_array_size(keys);
	const char *places[KEYS_MAX];

	if (count == 0 || count > KEYS_MAX)
		filter_failx(
		    EX_DATAERR, "stdin: discover.keys: %zu of them", count);
	for (size_t i = 0; i < count; i++) {
		places[i] = json_string_value(json_array_get(keys, i));
		/* Only the command line may name a file of ours. */
		if (places[i] == NULL || !url_is_remote(places[i]))
			filter_failx(EX_DATAERR,
			    "stdin: discover.keys[%zu]: not a URL", i);
	}
	fetch(record, places, count, insecure);
}

void
keys_fetch_named(
    json_t *record, char *const *operands, size_t count, unsigned insecure)
{
	const char *places[KEYS_MAX];

	for (size_t i = 0; i < count; i++)
		places[i] = operands[i];
	fetch(record, places, count, insecure);
}
