/* SPDX-License-Identifier: Apache-2.0 */
/* schema - the parts that image and pod manifests have in common */

#include <string.h>

#include "actype.h"
#include "alloc.h"
#include "escape.h"
#include "record.h"
#include "schema.h"
#include "scope.h"

json_t *
schema_parse(const char *bytes, size_t length, char **why)
{
	*why = NULL;
	if (length <= MANIFEST_MAX)
		return json_parse(bytes, length, why);
	*why = xstrdup("manifest of more than 4 MiB");
	return NULL;
}

/* One name and its value, at the two spots where they were found. */
static int
label_add(const struct spot *at, const char *name, const struct spot *value,
    spot_check *check, struct labels *labels)
{
	const char *text;
	const char *wrong = check(name);

	if (wrong != NULL)
		return spot_bad(at, name, wrong);
	if (labels_get(labels, name) != NULL)
		return spot_bad(at, name, "is there twice");
	if (spot_string(value, &text) < 0)
		return -1;
	labels_set(labels, name, text);
	return 0;
}

/* {"name":…,"value":…}, or "val" as in version 0.1. */
static int
label_read(const struct spot *spot, spot_check *check, struct labels *labels)
{
	struct spot name, value, old;
	const char *text;

	if (spot_object(spot) < 0 || spot_member(spot, "name", &name) < 0 ||
	    spot_member(spot, "value", &value) < 0 ||
	    spot_member(spot, "val", &old) < 0 || spot_string(&name, &text) < 0)
		return -1;
	return label_add(&name, text,
	    value.json == NULL && old.json != NULL ? &old : &value, check,
	    labels);
}

/* {"NAME":"value",…}: environment and annotations up to version 0.2. */
static int
label_map(const struct spot *map, spot_check *check, struct labels *labels)
{
	const char *key;
	json_t *value;

	if (json_object_size(map->json) > SPOT_LIST_MAX)
		return spot_fail(
		    map, "has more than %d elements", SPOT_LIST_MAX);
	json_object_foreach(spot_json(map), key, value)
	{
		struct spot at = {
			.up = map, .name = key, .json = value, .why = map->why
		};

		if (label_add(&at, key, &at, check, labels) < 0)
			return -1;
	}
	return 0;
}

int
schema_labels(const struct spot *object, const char *name, spot_check *check,
    struct labels *labels)
{
	struct spot list;

	if (spot_member(object, name, &list) < 0)
		return -1;
	if (json_is_object(list.json))
		return label_map(&list, check, labels);
	if (spot_list(object, name, &list) < 0)
		return -1;
	if (spot_count(&list) > SPOT_LIST_MAX)
		return spot_fail(
		    &list, "has more than %d elements", SPOT_LIST_MAX);
	for (size_t i = 0; i < spot_count(&list); i++) {
		struct spot at = spot_element(&list, i);

		if (label_read(&at, check, labels) < 0)
			return -1;
	}
	return 0;
}

static const char *
label_name_check(const char *text)
{
	return strcmp(text, "name") == 0 ? "is not a label's name"
					 : acidentifier_check(text);
}

int
schema_image_labels(const struct spot *object, struct labels *labels)
{
	struct spot spot;
	autofree char *wrong = NULL;

	if (schema_labels(object, "labels", label_name_check, labels) < 0 ||
	    spot_member(object, "labels", &spot) < 0)
		return -1;
	wrong =
	    os_arch_check(labels_get(labels, "os"), labels_get(labels, "arch"));
	return wrong != NULL ? spot_fail(&spot, "%s", wrong) : 0;
}

static const char *
notify_check(const char *text)
{
	return strcmp(text, "true") != 0 && strcmp(text, "false") != 0
		   ? "is neither true nor false"
		   : NULL;
}

const char *
annotation_check(const char *name, const char *value)
{
	static const struct {
		const char *name;
		spot_check *check;
	} known[] = {
		{ "created", date_check },
		{ "homepage", url_check },
		{ "documentation", url_check },
		{ "appc.io/executor/supports-systemd-notify", notify_check },
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(name, known[i].name) == 0)
			return known[i].check(value);
	return NULL;
}

int
schema_annotations(const struct spot *object, struct labels *labels)
{
	struct spot list;

	if (schema_labels(object, "annotations", acidentifier_check, labels) <
		0 ||
	    spot_member(object, "annotations", &list) < 0)
		return -1;
	for (size_t i = 0; i < labels->count; i++) {
		const struct label *label = &labels->list[i];
		const char *wrong = annotation_check(label->name, label->value);
		struct spot at = {
			.up = &list, .name = label->name, .why = object->why
		};

		if (wrong != NULL)
			return spot_bad(&at, label->value, wrong);
	}
	return 0;
}

int
schema_map(const struct spot *object, const char *name, json_t **map)
{
	struct spot spot;
	const char *key, *text;
	json_t *value;

	if (spot_member(object, name, &spot) < 0)
		return -1;
	if (spot.json == NULL)
		return 0;
	if (spot_object(&spot) < 0)
		return -1;
	json_object_foreach(spot_json(&spot), key, value)
	{
		struct spot at = { .up = &spot,
			.name = key,
			.json = value,
			.why = object->why };

		if (spot_string(&at, &text) < 0)
			return -1;
	}
	if (json_object_size(spot.json) > 0)
		*map = json_deep_copy(spot.json);
	return 0;
}

int
schema_strings(const struct spot *object, const char *name, spot_check *check,
    struct strings *strings)
{
	struct spot list;

	if (spot_list(object, name, &list) < 0)
		return -1;
	for (size_t i = 0; i < spot_count(&list); i++) {
		struct spot at = spot_element(&list, i);
		const char *text, *wrong;

		if (spot_string(&at, &text) < 0)
			return -1;
		wrong = check != NULL ? check(text) : NULL;
		if (wrong != NULL)
			return spot_bad(&at, text, wrong);
		strings_add(strings, text);
	}
	return 0;
}

int
schema_head(struct spot *top, const char *kind, const char *old)
{
	struct spot at;
	const char *text, *wrong;

	if (!json_is_object(top->json))
		return spot_fail(top, "the manifest is not an object");
	if (spot_member(top, "acKind", &at) < 0 || spot_string(&at, &text) < 0)
		return -1;
	if (strcmp(text, kind) != 0 &&
	    (old == NULL || strcmp(text, old) != 0)) {
		autofree char *wanted = xasprintf("is not %s", kind);

		return spot_bad(&at, text, wanted);
	}
	if (spot_member(top, "acVersion", &at) < 0 ||
	    spot_string(&at, &text) < 0)
		return -1;
	wrong = semver_check(text);
	if (wrong != NULL)
		return spot_bad(&at, text, wrong);
	top->version = text;
	return 0;
}

void
object_text(json_t *object, const char *name, const char *text)
{
	if (text != NULL)
		json_object_set_new(object, name, json_string(text));
}

void
object_list(json_t *object, const char *name, json_t *list)
{
	if (json_array_size(list) > 0)
		json_object_set_new(object, name, list);
	else
		json_decref(list);
}
