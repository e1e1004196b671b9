/* SPDX-License-Identifier: Apache-2.0 */
/* ociconfig - the OCI configuration of an App Container */

#include <string.h>
#include <sysexits.h>

#include "alloc.h"
#include "arch.h"
#include "ociconfig.h"
#include "record.h"
#include "schema.h"
#include "scope.h"

#define DOCKER "appc.io/docker/"

static json_t *
environment_json(const struct labels *environment)
{
	json_t *list = json_array();

	for (size_t i = 0; i < environment->count; i++) {
		autofree char *text = xasprintf("%s=%s",
		    environment->list[i].name, environment->list[i].value);

		(void)json_array_append_new(list, json_string(text));
	}
	return list;
}

static json_t *
strings_list(const struct strings *strings)
{
	json_t *list = json_array();

	for (size_t i = 0; i < strings->count; i++)
		(void)json_array_append_new(
		    list, json_string(strings->list[i]));
	return list;
}

/* A set, as docker writes one: members that are empty objects. */
static void
set_add(json_t *set, const char *text)
{
	(void)json_object_set_new(set, text, json_object());
}

static json_t *
ports_json(const struct app *app)
{
	json_t *set = json_object();

	for (size_t i = 0; i < app->port_count; i++)
		for (int n = 0; n < app->ports[i].count; n++) {
			autofree char *text = xasprintf("%d/%s",
			    app->ports[i].port + n, app->ports[i].protocol);

			set_add(set, text);
		}
	return set;
}

static json_t *
volumes_json(const struct app *app)
{
	json_t *set = json_object();

	for (size_t i = 0; i < app->mount_point_count; i++)
		set_add(set, app->mount_points[i].path);
	return set;
}

static json_t *
annotations_object(const struct labels *annotations)
{
	json_t *object = json_object();

	for (size_t i = 0; i < annotations->count; i++)
		if (strncmp(
			annotations->list[i].name, DOCKER, strlen(DOCKER)) != 0)
			(void)json_object_set_new(object,
			    annotations->list[i].name,
			    json_string(annotations->list[i].value));
	return object;
}

static void
set_filled(json_t *object, const char *name, json_t *value)
{
	if (json_object_size(value) > 0 || json_array_size(value) > 0)
		(void)json_object_set_new(object, name, value);
	else
		json_decref(value);
}

/* Arguments are appended to what an App Container executes: an entrypoint. */
static json_t *
process_json(const struct app *app)
{
	json_t *process = json_object();

	if (strcmp(app->user, "0") != 0 || strcmp(app->group, "0") != 0) {
		autofree char *user = xasprintf("%s:%s", app->user, app->group);

		(void)json_object_set_new(process, "User", json_string(user));
	}
	set_filled(process, "ExposedPorts", ports_json(app));
	set_filled(process, "Env", environment_json(&app->environment));
	set_filled(process, "Entrypoint", strings_list(&app->exec));
	set_filled(process, "Volumes", volumes_json(app));
	object_text(process, "WorkingDir", app->working_directory);
	return process;
}

const char *
ociconfig_unsaid(const struct image_manifest *manifest)
{
	const struct app *app = manifest->app;

	if (app == NULL)
		return NULL;
	if (app->isolator_count > 0)
		return "isolators";
	if (app->handler_count > 0)
		return "event handlers";
	return app->gid_count > 0 ? "supplementary groups" : NULL;
}

json_t *
ociconfig_platform(const struct image_manifest *manifest)
{
	const char *os = labels_get(&manifest->labels, "os");
	const char *label = labels_get(&manifest->labels, "arch");
	const char *variant = NULL;
	const char *arch =
	    label == NULL ? NULL : arch_of_label(label, &variant);
	json_t *platform = json_object();

	object_text(platform, "architecture", arch == NULL ? "" : arch);
	object_text(platform, "os", os == NULL ? "" : os);
	object_text(platform, "variant", variant);
	return platform;
}

static json_t *
make(const struct image_manifest *manifest, const json_t *diff_ids)
{
	const char *author = labels_get(&manifest->annotations, "author");
	const char *created = labels_get(&manifest->annotations, "created");
	json_t *config = json_object();
	json_t *process =
	    manifest->app == NULL ? json_object() : process_json(manifest->app);

	object_text(config, "created", created);
	object_text(config, "author",
	    author != NULL ? author
			   : labels_get(&manifest->annotations, "authors"));
	(void)json_object_update_new(config, ociconfig_platform(manifest));
	set_filled(
	    process, "Labels", annotations_object(&manifest->annotations));
	(void)json_object_set_new(config, "config", process);
	(void)json_object_set_new(config, "rootfs",
	    json_pack("{s:s, s:o}", "type", "layers", "diff_ids",
		json_deep_copy(diff_ids)));
	return config;
}

char *
ociconfig_make(const struct image_manifest *manifest, const json_t *diff_ids,
    struct fault *fault)
{
	const struct app *app = manifest->app;
	autojson json_t *config = NULL;

	if (app != NULL && (*app->user == '/' || *app->group == '/')) {
		(void)fault_set(fault, EX_DATAERR,
		    "its user is the owner of a file, which OCI cannot say");
		return NULL;
	}
	config = make(manifest, diff_ids);
	return record_line(config);
}
