/* SPDX-License-Identifier: Apache-2.0 */
/* discovery - what a name's own web pages say about it */

#include <err.h>
#include <string.h>
#include <time.h>

#include "actype.h"
#include "alloc.h"
#include "clock.h"
#include "discovery.h"
#include "escape.h"
#include "page.h"
#include "prog.h"
#include "record.h"
#include "scope.h"
#include "template.h"
#include "url.h"
#include "web.h"

enum {
	PAGE_MAX = 1024 * 1024, /* bytes of a page */
};

struct walk {
	const struct discovery *how;
	const char *name;
	const struct labels *labels; /* NULL: only keys are looked for */
	json_t *endpoints;           /* owned by the member under way */
	json_t *keys;
	time_t end;                 /* of the time for all of it */
	bool https_dead, http_dead; /* the host does not answer there */
	char *why;                  /* what was in the way, escaped */
	char *bytes;                /* the page */
	size_t length;
};

static void
page_take(void *data, const void *bytes, size_t length)
{
	struct walk *walk = data;

	/* It may come byte by byte. */
	if (walk->bytes == NULL)
		walk->bytes = xcalloc(1, PAGE_MAX);
	memcpy(walk->bytes + walk->length, bytes, length);
	walk->length += length;
}

/* Says what became of a URL, if somebody wants to know. */
static void
debug(const char *url, const char *what)
{
	autofree char *shown = NULL;
	autofree char *said = NULL;

	if (!prog_debug())
		return;
	shown = escape(url);
	said = escape(what);
	warnx("%s: %s", shown, said);
}

/* The first thing, at the longest place, is what is told in the end. */
static void
blame(struct walk *walk, const char *url, const char *why)
{
	autofree char *text = xasprintf("%s: %s", url, why);

	if (walk->why == NULL)
		walk->why = escape(text);
}

/* That there is no such page stands in nobody's way. */
static void
page_failed(struct walk *walk, const char *url, const struct web_answer *answer)
{
	debug(url, answer->why);
	if (answer->status != 404 && answer->status != 410)
		blame(walk, url, answer->why);
}

/* One page from one server.  Returns 0, or -1 with walk->why. */
static int
page_get(struct walk *walk, const char *url, bool *dead)
{
	struct web_answer answer = { 0 };
	time_t left = walk->end - clock_steady() / CLOCK_SECOND;
	struct web_request request = { .url = url,
		.http = (walk->how->flags & WEB_HTTP) != 0,
		.max = PAGE_MAX,
		.seconds = left > 0 ? left : 1,
		.authorization = walk->how->authorization,
		.take = page_take,
		.data = walk };
	int result;

	/* All places lie on one host: ask a silent one only once. */
	if (*dead)
		return -1;
	walk->length = 0;
	result = web_get(walk->how->web, &request, &answer);
	if (result < 0) {
		*dead = answer.status == 0 && !answer.moved;
		page_failed(walk, url, &answer);
	}
	web_answer_free(&answer);
	return result;
}

/* Takes entry over; what is there already is not added. */
static void
add(json_t *list, json_t *entry)
{
	size_t i;
	json_t *other;
	bool there = json_array_size(list) >= DISCOVERY_MAX;

	json_array_foreach(list, i, other)
	{
		there = there || json_equal(other, entry);
	}
	if (there)
		json_decref(entry);
	else
		(void)json_array_append_new(list, entry);
}

static void
add_key(struct walk *walk, const char *url)
{
	unsigned any = WEB_HTTP | WEB_HTTP_KEYS;
	const char *unfit = url_unfit(url, (walk->how->flags & any) != 0);

	if (unfit != NULL)
		debug(url, unfit);
	else
		add(walk->keys, json_string(url));
}

/* A template that cannot be filled in, or used, is passed over. */
static void
add_endpoint(struct walk *walk, const char *template)
{
	bool http = (walk->how->flags & WEB_HTTP) != 0;
	autofree char *aci =
	    template_expand(template, walk->name, walk->labels, "aci");
	autofree char *asc =
	    template_expand(template, walk->name, walk->labels, "aci.asc");
	const char *unfit = "a template with an unknown label";

	if (aci != NULL && asc != NULL && strcmp(aci, asc) == 0) {
		free(asc);
		asc = xasprintf("%s.asc", aci);
	}
	if (aci != NULL && asc != NULL)
		unfit = url_unfit(aci, http);
	if (unfit == NULL)
		unfit = url_unfit(asc, http);
	if (unfit != NULL)
		debug(template, unfit);
	else
		add(walk->endpoints,
		    json_pack("{ss,ss}", "aci", aci, "asc", asc));
}

static void
visit(void *data, const char *kind, const char *prefix, const char *value)
{
	struct walk *walk = data;

	if (!name_has_prefix(walk->name, prefix))
		return;
	if (strcmp(kind, "ac-discovery-pubkeys") == 0)
		add_key(walk, value);
	else if (strcmp(kind, "ac-discovery") == 0 && walk->labels != NULL)
		add_endpoint(walk, value);
}

static void
page_read(struct walk *walk, const char *url)
{
	size_t endpoints = json_array_size(walk->endpoints);
	size_t keys = json_array_size(walk->keys);
	autofree char *counts = NULL;

	if (page_tags(walk->bytes, walk->length, visit, walk) < 0) {
		debug(url, "page too complicated");
		blame(walk, url, "page too complicated");
		return;
	}
	counts = xasprintf("endpoints: %zu, keys: %zu",
	    json_array_size(walk->endpoints) - endpoints,
	    json_array_size(walk->keys) - keys);
	debug(url, counts);
}

static bool
found(const struct walk *walk)
{
	return json_array_size(
		   walk->labels != NULL ? walk->endpoints : walk->keys) > 0;
}

/*
 * Reads the page of one place: by https, and by http only where that was asked
 * for.  Is there what we look for?
 */
static bool
look(struct walk *walk, const char *place)
{
	autofree char *https = xasprintf("https://%s?ac-discovery=1", place);
	const char *plain = https + strlen("https://");
	autofree char *http = xasprintf("http://%s", plain);

	if (page_get(walk, https, &walk->https_dead) == 0)
		page_read(walk, https);
	else if ((walk->how->flags & WEB_HTTP) != 0 &&
		 page_get(walk, http, &walk->http_dead) == 0)
		page_read(walk, http);
	return found(walk);
}

static bool
walk_up(struct walk *walk)
{
	autofree char *place = xstrdup(walk->name);

	while (!look(walk, place)) {
		char *slash = strrchr(place, '/');

		if (slash == NULL || clock_steady() / CLOCK_SECOND >= walk->end)
			return false;
		*slash = '\0';
	}
	return true;
}

/*
 * As the specification had it before 0.8, when it came first: the name is the
 * place.  That nobody looked whether there is such a file is aci-fetch's.
 */
static bool
simple(struct walk *walk)
{
	if (!walk->how->simple)
		return false;
	if (labels_get(walk->labels, "version") == NULL) {
		if (walk->why == NULL)
			walk->why = xstrdup("no endpoints discovered, and "
					    "without a version none is simple");
		return false;
	}
	add_endpoint(walk, "https://{name}-{version}-{os}-{arch}.{ext}");
	return found(walk);
}

static json_t *
discover(struct walk *walk, char **why)
{
	autojson json_t *member = json_pack("{ss}", "name", walk->name);
	bool done;

	walk->end = clock_steady() / CLOCK_SECOND + walk->how->seconds;
	walk->keys = json_array();
	walk->endpoints = json_array();
	if (walk->labels != NULL) {
		(void)json_object_set_new(member, "labels", json_object());
		for (size_t i = 0; i < walk->labels->count; i++)
			(void)json_object_set_new(
			    json_object_get(member, "labels"),
			    walk->labels->list[i].name,
			    json_string(walk->labels->list[i].value));
		(void)json_object_set(member, "endpoints", walk->endpoints);
	}
	(void)json_object_set(member, "keys", walk->keys);
	done = walk_up(walk) || simple(walk);
	json_decref(walk->keys);
	json_decref(walk->endpoints);
	free(walk->bytes);
	*why = walk->why;
	return done ? take_ptr(&member) : NULL;
}

json_t *
discover_image(const struct discovery *how, const char *name,
    const struct labels *labels, char **why)
{
	struct walk walk = { .how = how, .name = name, .labels = labels };

	return discover(&walk, why);
}

json_t *
discover_keys(const struct discovery *how, const char *name, char **why)
{
	struct walk walk = { .how = how, .name = name };

	return discover(&walk, why);
}
