/* SPDX-License-Identifier: Apache-2.0 */
/* left - an app of a pod that has ended, as an image that would be it again */

#include <err.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "actype.h"
#include "alloc.h"
#include "escape.h"
#include "left.h"
#include "manifest.h"
#include "path.h"
#include "pod.h"
#include "prog.h"
#include "record.h"
#include "scope.h"

static json_t *
read_apps(const struct pod *pod)
{
	size_t length = 0;
	autofree char *bytes =
	    path_read(pod->dir, "pod", MANIFEST_MAX, &length);
	autofree char *why = NULL;
	autojson json_t *json = NULL;
	json_t *apps;

	if (bytes == NULL)
		prog_die("pod \"%s\": manifest", pod->uuid);
	json = json_parse(bytes, length, &why);
	apps = json_object_get(json, "apps");
	if (json_array_size(apps) == 0)
		prog_diex("pod \"%s\": manifest: %s", pod->uuid,
		    why != NULL ? why : "no apps");
	return json_incref(apps);
}

static const json_t *
find(const json_t *apps, const char *name)
{
	autofree char *wanted = name == NULL ? NULL : escape(name);

	if (name == NULL && json_array_size(apps) == 1)
		return json_array_get(apps, 0);
	for (size_t i = 0; name != NULL && i < json_array_size(apps); i++) {
		const json_t *app = json_array_get(apps, i);
		const char *its = record_string(app, "name");

		if (its != NULL && strcmp(its, name) == 0)
			return app;
	}
	if (name != NULL)
		prog_diex("no app with name \"%s\" in the pod", wanted);
	warnx("several apps:");
	for (size_t i = 0; i < json_array_size(apps); i++) {
		autofree char *its =
		    escape(record_string(json_array_get(apps, i), "name"));

		warnx("\t%s", its);
	}
	prog_diex("specify app using \"rkt export --app= ...\"");
}

/* What every start sets by itself is no part of an image. */
static json_t *
environment(const json_t *app)
{
	static const char *const own[] = { "AC_APP_NAME", "AC_METADATA_URL",
		"container" };
	json_t *list = json_deep_copy(json_object_get(app, "environment"));

	for (size_t i = json_array_size(list); i-- > 0;) {
		const char *name =
		    record_string(json_array_get(list, i), "name");

		for (size_t j = 0; j < sizeof own / sizeof *own; j++)
			if (name != NULL && strcmp(name, own[j]) == 0) {
				(void)json_array_remove(list, i);
				break;
			}
	}
	return list;
}

static bool
has_label(const json_t *labels, const char *name)
{
	for (size_t i = 0; i < json_array_size(labels); i++) {
		const char *its =
		    record_string(json_array_get(labels, i), "name");

		if (its != NULL && strcmp(its, name) == 0)
			return true;
	}
	return false;
}

/* It has run here, so this is what it is for if nobody has said so. */
static json_t *
labels_of(const json_t *image)
{
	json_t *given = json_object_get(image, "labels");
	json_t *labels = given != NULL ? json_deep_copy(given) : json_array();

	if (!has_label(labels, "os"))
		(void)json_array_append_new(labels,
		    json_pack("{s:s, s:s}", "name", "os", "value", host_os()));
	if (!has_label(labels, "arch"))
		(void)json_array_append_new(
		    labels, json_pack("{s:s, s:s}", "name", "arch", "value",
				host_arch()));
	return labels;
}

static char *
manifest_of(const json_t *entry)
{
	const json_t *image = json_object_get(entry, "image");
	autojson json_t *app = json_copy(json_object_get(entry, "app"));
	autojson json_t *json = NULL;
	json_t *variables = environment(app);

	if (variables != NULL)
		(void)json_object_set_new(app, "environment", variables);
	json =
	    json_pack("{s:s, s:s, s:s*, s:o, s:O}", "acKind", "ImageManifest",
		"acVersion", "0.8.11", "name", record_string(image, "name"),
		"labels", labels_of(image), "app", app);
	return record_line(json);
}

void
left_read(const struct pod *pod, const char *name, struct left *left)
{
	autojson json_t *apps = read_apps(pod);
	const json_t *entry = find(apps, name);
	const char *id = record_string(entry, "image.id");
	const char *own = record_string(entry, "name");

	if (id == NULL || own == NULL || !path_is_name(own) ||
	    !json_is_object(json_object_get(entry, "app")))
		prog_diex("pod \"%s\": manifest: damaged", pod->uuid);
	left->name = xstrdup(own);
	left->image_id = xstrdup(id);
	left->manifest = manifest_of(entry);
}
