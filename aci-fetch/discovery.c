/* SPDX-License-Identifier: Apache-2.0 */
/* discovery - what a name's own web pages say about it */

#include <err.h>
#include <stdbool.h>
#include <string.h>

#include "actype.h"
#include "alloc.h"
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
	PAGE_SECONDS = 30,
};

struct walk {
	struct web *web;
	unsigned insecure;
	const char *name;
	const struct labels *labels; /* NULL: only keys are looked for */
	json_t *endpoints;           /* owned by the member under way */
	json_t *keys;
	bool https_dead, http_dead; /* the host does not answer there */
	char *why;                  /* why the last page did not come */
	char *bytes;                /* the page */
	size_t length;
};

static void
page_take(void *data, const void *bytes, size_t length)
{
	struct walk *walk = data;

	walk->bytes = xreallocarray(walk->bytes, walk->length + length, 1);
	memcpy(walk->bytes + walk->length, bytes, length);
	walk->length += length;
}

/* Says what each host answered, if somebody wants to know. */
static void
debug(const char *url, const char *why)
{
	autofree char *shown = escape(url);
	autofree char *reason = escape(why);

	if (prog_debug())
		warnx("%s: %s", shown, reason);
}

/* One page from one server.  Returns 0, or -1 with walk->why. */
static int
page_get(struct walk *walk, const char *scheme, const char *place, bool *dead)
{
	autofree char *url = xasprintf("%s://%s?ac-discovery=1", scheme, place);
	struct web_answer answer = { 0 };
	struct web_request request = { .url = url,
		.http = (walk->insecure & WEB_HTTP) != 0,
		.max = PAGE_MAX,
		.seconds = PAGE_SECONDS,
		.take = page_take,
		.data = walk };
	int result;

	if (*dead)
		return -1;
	walk->length = 0;
	result = web_get(walk->web, &request, &answer);
	debug(url, result == 0 ? "answered" : answer.why);
	if (result < 0) {
		/* All places lie on one host: ask a silent one only once. */
		*dead = answer.status == 0;
		free(walk->why);
		walk->why = *dead || answer.status == 200
				? xasprintf("%s: %s", url, answer.why)
				: NULL;
	}
	web_answer_free(&answer);
	return result;
}

/* https, and http only where that was asked for. */
static int
place_get(struct walk *walk, const char *place)
{
	if (page_get(walk, "https", place, &walk->https_dead) == 0)
		return 0;
	if ((walk->insecure & WEB_HTTP) == 0)
		return -1;
	return page_get(walk, "http", place, &walk->http_dead);
}

static bool
in_list(const json_t *list, const char *text)
{
	size_t i;
	json_t *entry;

	json_array_foreach(list, i,
	    entry) if (strcmp(json_string_value(entry), text) == 0) return true;
	return false;
}

static void
add_key(struct walk *walk, const char *url)
{
	bool http = (walk->insecure & (WEB_HTTP | WEB_HTTP_KEYS)) != 0;

	if (json_array_size(walk->keys) < DISCOVERY_MAX &&
	    url_unfit(url, http) == NULL && !in_list(walk->keys, url))
		(void)json_array_append_new(walk->keys, json_string(url));
}

/* A template that cannot be filled in, or used, is passed over. */
static void
add_endpoint(struct walk *walk, const char *template)
{
	autofree char *aci =
	    template_expand(template, walk->name, walk->labels, "aci");
	autofree char *asc =
	    template_expand(template, walk->name, walk->labels, "aci.asc");
	bool http = (walk->insecure & WEB_HTTP) != 0;

	if (aci == NULL || asc == NULL ||
	    json_array_size(walk->endpoints) >= DISCOVERY_MAX)
		return;
	if (strcmp(aci, asc) == 0) {
		free(asc);
		asc = xasprintf("%s.asc", aci);
	}
	if (url_unfit(aci, http) != NULL || url_unfit(asc, http) != NULL) {
		debug(aci, "not used");
		return;
	}
	(void)json_array_append_new(
	    walk->endpoints, json_pack("{ss,ss}", "aci", aci, "asc", asc));
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

/* Reads the page of one place.  Is there what we look for? */
static bool
look(struct walk *walk, const char *place)
{
	if (place_get(walk, place) < 0)
		return false;
	free(walk->why);
	walk->why = NULL;
	if (page_tags(walk->bytes, walk->length, visit, walk) < 0)
		walk->why = xasprintf("%s: page too complicated", place);
	return json_array_size(
		   walk->labels != NULL ? walk->endpoints : walk->keys) > 0;
}

static bool
walk_up(struct walk *walk)
{
	autofree char *place = xstrdup(walk->name);

	while (!look(walk, place)) {
		char *slash = strrchr(place, '/');

		if (slash == NULL)
			return false;
		*slash = '\0';
	}
	return true;
}

static json_t *
discover(struct walk *walk, char **why)
{
	autojson json_t *member = json_pack("{ss}", "name", walk->name);
	bool found;

	*why = NULL;
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
	found = walk_up(walk);
	json_decref(walk->keys);
	json_decref(walk->endpoints);
	free(walk->bytes);
	if (found) {
		free(walk->why);
		return take_ptr(&member);
	}
	*why = walk->why;
	return NULL;
}

json_t *
discover_image(struct web *web, unsigned insecure, const char *name,
    const struct labels *labels, char **why)
{
	struct walk walk = {
		.web = web, .insecure = insecure, .name = name, .labels = labels
	};

	return discover(&walk, why);
}

json_t *
discover_keys(struct web *web, unsigned insecure, const char *name, char **why)
{
	struct walk walk = { .web = web, .insecure = insecure, .name = name };

	return discover(&walk, why);
}
