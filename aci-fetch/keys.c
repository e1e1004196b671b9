/* SPDX-License-Identifier: Apache-2.0 */
/* keys - public keys, from servers or from files */

#include <stdbool.h>
#include <unistd.h>

#include "alloc.h"
#include "confine.h"
#include "escape.h"
#include "filter.h"
#include "image.h"
#include "keeper.h"
#include "keys.h"
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

static void
download(struct web *web, bool http, const char *url, struct spool *spool)
{
	struct web_answer answer = { 0 };
	struct web_request request = { .url = url,
		.http = http,
		.max = SMALL_MAX,
		.seconds = SMALL_SECONDS,
		.take = take,
		.data = spool };

	if (web_get(web, &request, &answer) < 0) {
		autofree char *why = xasprintf("%s: %s", url, answer.why);
		autofree char *shown = escape(why);

		filter_failx(EX_UNAVAILABLE, "%s", shown);
	}
	web_answer_free(&answer);
}

static int
open_file(const char *place)
{
	autofree char *path = url_path(place);

	return image_open(path != NULL ? path : place);
}

/* One key in a file without a name yet. */
static void
get(struct web *web, bool http, int file, const char *place,
    struct spool *spool)
{
	if (file < 0) {
		download(web, http, place, spool);
		return;
	}
	image_copy(file, place, SMALL_MAX, spool);
	(void)close(file);
}

static void
add(json_t *keys, const char *place, struct spool *spool)
{
	autofree char *shown = escape(place);
	json_t *key;

	spool_name(spool);
	key = json_pack("{ss,ss}", "url", place, "path", spool->path);
	if (key == NULL)
		filter_failx(EX_DATAERR, "%s: path is not UTF-8", shown);
	(void)json_array_append_new(keys, key);
	spool_close(spool);
}

/* All of them or none: who trusts a prefix wants to see each key. */
static void
fetch(
    json_t *record, const char *const *places, size_t count, unsigned insecure)
{
	int files[KEYS_MAX];
	struct spool spools[KEYS_MAX];
	json_t *keys = json_array();
	struct web *web = NULL;
	bool http = (insecure & (WEB_HTTP | WEB_HTTP_KEYS)) != 0;

	for (size_t i = 0; i < count; i++) {
		files[i] = url_is_remote(places[i]) ? -1 : open_file(places[i]);
		if (files[i] < 0 && web == NULL)
			web = web_open(insecure);
	}
	keeper_confine(web != NULL ? &confine_web : &confine_copy);
	for (size_t i = 0; i < count; i++) {
		spool_open(&spools[i], NULL);
		get(web, http, files[i], places[i], &spools[i]);
	}
	for (size_t i = 0; i < count; i++)
		add(keys, places[i], &spools[i]);
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
