/* SPDX-License-Identifier: Apache-2.0 */
/* manifest-app - what runs in an image: the app object of both manifests */

#include <string.h>

#include "actype.h"
#include "alloc.h"
#include "schema.h"

static const char *
handler_check(const char *text)
{
	return strcmp(text, "pre-start") != 0 && strcmp(text, "post-stop") != 0
		   ? "is neither pre-start nor post-stop"
		   : NULL;
}

static int
handler_read(const struct spot *spot, void *element)
{
	struct event_handler *handler = element;
	struct spot at;

	if (spot_checked(spot, "name", handler_check, &handler->name) < 0 ||
	    spot_member(spot, "exec", &at) < 0 ||
	    schema_strings(spot, "exec", NULL, &handler->exec) < 0)
		return -1;
	if (handler->exec.count == 0)
		return spot_fail(&at, "is empty");
	return 0;
}

static int
mount_point_read(const struct spot *spot, void *element)
{
	struct mount_point *point = element;
	int read_only = false;

	if (spot_checked(spot, "name", acname_check, &point->name) < 0 ||
	    spot_checked(spot, "path", path_check, &point->path) < 0 ||
	    spot_flag(spot, "readOnly", &read_only) < 0)
		return -1;
	point->read_only = read_only;
	return 0;
}

static int
gids_read(const struct spot *object, struct app *app)
{
	struct spot list;

	if (spot_list(object, "supplementaryGIDs", &list) < 0)
		return -1;
	if (spot_count(&list) > SPOT_LIST_MAX)
		return spot_fail(
		    &list, "has more than %d elements", SPOT_LIST_MAX);
	if (spot_count(&list) > 0)
		app->gids = xcalloc(spot_count(&list), sizeof *app->gids);
	for (size_t i = 0; i < spot_count(&list); i++) {
		struct spot at = spot_element(&list, i);
		json_int_t gid = json_integer_value(at.json);

		if (!json_is_integer(at.json))
			return spot_fail(&at, "is not a whole number");
		if (gid < 0 || gid >= UINT32_MAX)
			return spot_fail(&at, "%lld is not from 0 to %lld",
			    (long long)gid, (long long)UINT32_MAX - 1);
		app->gids[app->gid_count++] = (uint32_t)gid;
	}
	return 0;
}

static const char *
directory_check(const char *text)
{
	return *text == '\0' ? NULL : path_check(text);
}

/* Two mount points at one path would hide each other. */
static int
mount_points_read(const struct spot *object, struct app *app)
{
	static const struct spot_kind kind = { sizeof(struct mount_point), true,
		mount_point_read };
	struct spot list;

	if (spot_each(object, "mountPoints", &kind, &app->mount_points,
		&app->mount_point_count) < 0 ||
	    spot_list(object, "mountPoints", &list) < 0)
		return -1;
	for (size_t i = 0; i < app->mount_point_count; i++)
		for (size_t j = 0; j < i; j++) {
			struct spot at = spot_element(&list, i);
			struct spot path = {
				.up = &at, .name = "path", .why = object->why
			};

			if (strcmp(app->mount_points[i].path,
				app->mount_points[j].path) == 0)
				return spot_bad(&path,
				    app->mount_points[i].path,
				    "is there twice");
		}
	return 0;
}

int
schema_app(const struct spot *spot, struct app *app)
{
	static const struct spot_kind handlers = { sizeof(struct event_handler),
		true, handler_read };
	static const struct spot_kind ports = { sizeof(struct port), true,
		schema_port };

	if (spot_object(spot) < 0 ||
	    schema_strings(spot, "exec", NULL, &app->exec) < 0 ||
	    spot_checked(spot, "user", user_check, &app->user) < 0 ||
	    spot_checked(spot, "group", user_check, &app->group) < 0 ||
	    gids_read(spot, app) < 0 ||
	    spot_each(spot, "eventHandlers", &handlers, &app->handlers,
		&app->handler_count) < 0 ||
	    spot_may_checked(spot, "workingDirectory", directory_check,
		&app->working_directory) < 0 ||
	    schema_labels(
		spot, "environment", envname_check, &app->environment) < 0 ||
	    mount_points_read(spot, app) < 0 ||
	    spot_each(spot, "ports", &ports, &app->ports, &app->port_count) <
		0 ||
	    schema_isolators(spot, &app->isolators, &app->isolator_count) < 0 ||
	    schema_map(spot, "userAnnotations", &app->user_annotations) < 0 ||
	    schema_map(spot, "userLabels", &app->user_labels) < 0)
		return -1;
	if (app->working_directory != NULL && *app->working_directory == '\0') {
		free(app->working_directory);
		app->working_directory = NULL;
	}
	return 0;
}

struct app *
app_parse(const json_t *json, const char *where, char **why)
{
	struct spot spot = { .name = where, .json = json, .why = why };
	struct app *app = xcalloc(1, sizeof *app);

	*why = NULL;
	if (schema_app(&spot, app) == 0)
		return app;
	app_free(app);
	return NULL;
}

static json_t *
strings_json(const struct strings *strings)
{
	json_t *list = json_array();

	for (size_t i = 0; i < strings->count; i++)
		json_array_append_new(list, json_string(strings->list[i]));
	return list;
}

static json_t *
handlers_json(const struct app *app)
{
	json_t *list = json_array();

	for (size_t i = 0; i < app->handler_count; i++)
		json_array_append_new(
		    list, json_pack("{s:s, s:o}", "name", app->handlers[i].name,
			      "exec", strings_json(&app->handlers[i].exec)));
	return list;
}

static json_t *
mount_points_json(const struct app *app)
{
	json_t *list = json_array();

	for (size_t i = 0; i < app->mount_point_count; i++) {
		const struct mount_point *point = &app->mount_points[i];
		json_t *json = json_pack(
		    "{s:s, s:s}", "name", point->name, "path", point->path);

		if (point->read_only)
			json_object_set_new(json, "readOnly", json_true());
		json_array_append_new(list, json);
	}
	return list;
}

json_t *
app_json(const struct app *app)
{
	json_t *json = json_object();
	json_t *gids = json_array();
	json_t *ports = json_array();

	for (size_t i = 0; i < app->gid_count; i++)
		json_array_append_new(gids, json_integer(app->gids[i]));
	for (size_t i = 0; i < app->port_count; i++)
		json_array_append_new(ports, port_json(&app->ports[i]));
	object_list(json, "exec", strings_json(&app->exec));
	object_text(json, "user", app->user);
	object_text(json, "group", app->group);
	object_list(json, "supplementaryGIDs", gids);
	object_list(json, "eventHandlers", handlers_json(app));
	object_text(json, "workingDirectory", app->working_directory);
	object_list(json, "environment", labels_json(&app->environment));
	object_list(json, "mountPoints", mount_points_json(app));
	object_list(json, "ports", ports);
	object_list(json, "isolators",
	    isolators_json(app->isolators, app->isolator_count));
	if (app->user_annotations != NULL)
		json_object_set(json, "userAnnotations", app->user_annotations);
	if (app->user_labels != NULL)
		json_object_set(json, "userLabels", app->user_labels);
	return json;
}

static char *
text_copy(const char *text)
{
	return text != NULL ? xstrdup(text) : NULL;
}

static void
strings_copy(const struct strings *from, struct strings *to)
{
	for (size_t i = 0; i < from->count; i++)
		strings_add(to, from->list[i]);
}

/* The lists of structures; the rest is copied by app_copy(). */
static void
lists_copy(const struct app *app, struct app *copy)
{
	copy->handlers = xcalloc(app->handler_count + 1, sizeof *app->handlers);
	for (size_t i = 0; i < app->handler_count; i++) {
		copy->handlers[i].name = xstrdup(app->handlers[i].name);
		strings_copy(&app->handlers[i].exec, &copy->handlers[i].exec);
	}
	copy->mount_points =
	    xcalloc(app->mount_point_count + 1, sizeof *app->mount_points);
	for (size_t i = 0; i < app->mount_point_count; i++) {
		copy->mount_points[i] = app->mount_points[i];
		copy->mount_points[i].name = xstrdup(app->mount_points[i].name);
		copy->mount_points[i].path = xstrdup(app->mount_points[i].path);
	}
	copy->ports = xcalloc(app->port_count + 1, sizeof *app->ports);
	for (size_t i = 0; i < app->port_count; i++) {
		copy->ports[i] = app->ports[i];
		copy->ports[i].name = xstrdup(app->ports[i].name);
		copy->ports[i].protocol = text_copy(app->ports[i].protocol);
	}
	copy->isolators =
	    xcalloc(app->isolator_count + 1, sizeof *app->isolators);
	for (size_t i = 0; i < app->isolator_count; i++) {
		copy->isolators[i].name = xstrdup(app->isolators[i].name);
		copy->isolators[i].value =
		    json_deep_copy(app->isolators[i].value);
	}
}

struct app *
app_copy(const struct app *app)
{
	struct app *copy = xcalloc(1, sizeof *copy);

	*copy = *app;
	copy->exec = (struct strings){ 0 };
	strings_copy(&app->exec, &copy->exec);
	copy->user = text_copy(app->user);
	copy->group = text_copy(app->group);
	copy->working_directory = text_copy(app->working_directory);
	copy->gids = xcalloc(app->gid_count + 1, sizeof *app->gids);
	for (size_t i = 0; i < app->gid_count; i++)
		copy->gids[i] = app->gids[i];
	copy->environment = (struct labels){ 0 };
	for (size_t i = 0; i < app->environment.count; i++)
		labels_set(&copy->environment, app->environment.list[i].name,
		    app->environment.list[i].value);
	lists_copy(app, copy);
	copy->user_annotations = json_deep_copy(app->user_annotations);
	copy->user_labels = json_deep_copy(app->user_labels);
	return copy;
}

void
app_free(struct app *app)
{
	if (app == NULL)
		return;
	strings_free(&app->exec);
	free(app->user);
	free(app->group);
	free(app->gids);
	for (size_t i = 0; i < app->handler_count; i++) {
		free(app->handlers[i].name);
		strings_free(&app->handlers[i].exec);
	}
	free(app->handlers);
	free(app->working_directory);
	labels_free(&app->environment);
	for (size_t i = 0; i < app->mount_point_count; i++) {
		free(app->mount_points[i].name);
		free(app->mount_points[i].path);
	}
	free(app->mount_points);
	for (size_t i = 0; i < app->port_count; i++)
		port_free(&app->ports[i]);
	free(app->ports);
	isolators_free(app->isolators, app->isolator_count);
	json_decref(app->user_annotations);
	json_decref(app->user_labels);
	free(app);
}
