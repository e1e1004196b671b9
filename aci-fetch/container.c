/* SPDX-License-Identifier: Apache-2.0 */
/* container - what an image's configuration says of the process in it */

#include <ctype.h>
#include <string.h>

#include "actype.h"
#include "alloc.h"
#include "config.h"
#include "exposed.h"
#include "pairs.h"
#include "schema.h"
#include "scope.h"

/* A list of texts, which has also been written as a single one. */
static int
words_read(const struct spot *object, const char *name, struct strings *words)
{
	struct spot spot;
	const char *text;

	if (spot_member(object, name, &spot) < 0)
		return -1;
	if (!json_is_string(spot.json))
		return schema_strings(object, name, NULL, words);
	if (spot_string(&spot, &text) < 0)
		return -1;
	strings_add(words, text);
	return 0;
}

/* A member as it stands there, as JSON. */
static int
fact_keep(const struct spot *object, const char *name, const char *fact,
    struct image_config *config)
{
	struct spot spot;
	autofree char *text = NULL;

	if (spot_member(object, name, &spot) < 0)
		return -1;
	if (spot.json == NULL)
		return 0;
	text = json_dumps(spot.json, JSON_COMPACT | JSON_ENCODE_ANY);
	if (text != NULL)
		labels_set(&config->facts, fact, text);
	return 0;
}

static int
exec_read(const struct spot *object, struct image_config *config)
{
	if (words_read(object, "Entrypoint", &config->app->exec) < 0 ||
	    words_read(object, "Cmd", &config->app->exec) < 0 ||
	    fact_keep(object, "Entrypoint", "entrypoint", config) < 0)
		return -1;
	return fact_keep(object, "Cmd", "cmd", config);
}

/*
 * A path would be the owner of that file to us, and is none to others; what
 * is more than two ids has been root to some (CVE-2024-40635).
 */
static int
id_check(const struct spot *spot, const char *text)
{
	const char *wrong =
	    *text == '/' ? "is not a name or a number" : user_check(text);

	return wrong == NULL ? 0 : spot_bad(spot, text, wrong);
}

/* user[:group]; without a group, the one that is called as the user. */
static int
user_read(const struct spot *object, struct app *app)
{
	autofree char *text = NULL;
	struct spot spot;
	char *colon;

	if (spot_text(object, "User", &text) < 0 ||
	    spot_member(object, "User", &spot) < 0)
		return -1;
	colon = text == NULL ? NULL : strchr(text, ':');
	if (colon != NULL)
		*colon++ = '\0';
	app->user = xstrdup(text == NULL || *text == '\0' ? "0" : text);
	app->group =
	    xstrdup(colon == NULL || *colon == '\0' ? app->user : colon);
	if (id_check(&spot, app->user) < 0)
		return -1;
	return id_check(&spot, app->group);
}

/* NAME=VALUE; of two with one name the last counts, in the first's place. */
static int
environment_read(const struct spot *object, struct image_config *config)
{
	struct spot list;

	if (spot_list(object, "Env", &list) < 0)
		return -1;
	if (spot_count(&list) > SPOT_LIST_MAX)
		return spot_fail(
		    &list, "has more than %d elements", SPOT_LIST_MAX);
	for (size_t i = 0; i < spot_count(&list); i++) {
		struct spot spot = spot_element(&list, i);
		const char *text, *value = "", *wrong = NULL;
		autofree char *name = NULL;

		if (spot_string(&spot, &text) < 0)
			return -1;
		name = pair_split(text, &value);
		wrong =
		    name == NULL ? "is not NAME=VALUE" : envname_check(name);
		if (wrong == NULL)
			labels_set(&config->app->environment, name, value);
		else
			config_leave_out(
			    config, &spot, name == NULL ? text : name, wrong);
	}
	return 0;
}

static int
directory_read(const struct spot *object, struct app *app)
{
	struct spot spot;
	const char *wrong;

	if (spot_text(object, "WorkingDir", &app->working_directory) < 0 ||
	    spot_member(object, "WorkingDir", &spot) < 0)
		return -1;
	if (app->working_directory == NULL)
		return 0;
	if (*app->working_directory == '\0') {
		free(take_ptr(&app->working_directory));
		return 0;
	}
	wrong = path_check(app->working_directory);
	return wrong == NULL ? 0
			     : spot_bad(&spot, app->working_directory, wrong);
}

/* SIGTERM, SIGRTMIN+3 or a number. */
static int
signal_read(const struct spot *object, struct image_config *config)
{
	autofree char *text = NULL;
	struct spot spot;

	if (spot_text(object, "StopSignal", &text) < 0 ||
	    spot_member(object, "StopSignal", &spot) < 0)
		return -1;
	if (text == NULL || *text == '\0')
		return 0;
	for (const char *p = text; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && *p != '+' && *p != '-')
			return spot_bad(&spot, text, "is not a signal");
	labels_set(&config->facts, "stopsignal", text);
	return 0;
}

/* Any names and texts; which can be annotations is decided later. */
static int
labels_read(const struct spot *object, struct image_config *config)
{
	struct spot map;
	const char *key, *text;
	json_t *value;

	if (spot_member(object, "Labels", &map) < 0)
		return -1;
	if (map.json == NULL)
		return 0;
	if (spot_object(&map) < 0)
		return -1;
	if (json_object_size(map.json) > SPOT_LIST_MAX)
		return spot_fail(
		    &map, "has more than %d elements", SPOT_LIST_MAX);
	json_object_foreach(spot_json(&map), key, value)
	{
		struct spot at = {
			.up = &map, .name = key, .json = value, .why = map.why
		};

		if (spot_string(&at, &text) < 0)
			return -1;
		labels_set(&config->labels, key, text);
	}
	return 0;
}

int
container_read(const struct spot *spot, struct image_config *config)
{
	struct app *app = config->app;

	if (spot->json != NULL && spot_object(spot) < 0)
		return -1;
	if (exec_read(spot, config) < 0 || user_read(spot, app) < 0 ||
	    environment_read(spot, config) < 0 ||
	    directory_read(spot, app) < 0 || exposed_ports(spot, app) < 0 ||
	    exposed_volumes(spot, app) < 0 || signal_read(spot, config) < 0 ||
	    fact_keep(spot, "Healthcheck", "healthcheck", config) < 0)
		return -1;
	return labels_read(spot, config);
}
