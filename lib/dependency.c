/* SPDX-License-Identifier: Apache-2.0 */
/* dependency - the images that an image is made of */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "dependency.h"
#include "image.h"
#include "record.h"
#include "scope.h"

json_t *
dependencies_json(const struct image_manifest *manifest)
{
	json_t *list = json_array();

	for (size_t i = 0; i < manifest->dependency_count; i++) {
		const struct dependency *d = &manifest->dependencies[i];
		json_t *object = json_pack("{s:s,s:o}", "name", d->name,
		    "labels", labels_object(&d->labels));

		if (d->id != NULL)
			(void)json_object_set_new(
			    object, "id", json_string(d->id));
		if (d->size != 0)
			(void)json_object_set_new(
			    object, "size", json_integer(d->size));
		(void)json_array_append_new(list, object);
	}
	return list;
}

/* Has the image the name, and all the labels? */
static bool
fits(const json_t *info, const char *name, json_t *labels)
{
	const json_t *has = json_object_get(info, "labels");
	const char *label;
	json_t *value;

	if (strcmp(record_string(info, "name"), name) != 0)
		return false;
	json_object_foreach(labels, label, value)
	{
		if (!json_equal(json_object_get(has, label), value))
			return false;
	}
	return true;
}

static int
find_id(int cas, const char *id, const char *name, json_t *labels,
    char key[KEY_TEXT])
{
	autojson json_t *info = NULL;

	store_key(id, key);
	info = image_load(cas, key);
	if (info == NULL)
		return errno == ENOENT ? 0 : -1;
	return strncmp(record_string(info, "id"), id, strlen(id)) == 0 &&
	       fits(info, name, labels);
}

int
dependency_find(int cas, const json_t *item, char key[KEY_TEXT])
{
	const char *name = record_string(item, "name");
	const char *id = record_string(item, "id");
	json_t *object = json_object_get(item, "labels");
	struct labels labels = { 0 };
	const char *label;
	json_t *value;
	int found;

	if (name == NULL)
		return 0;
	if (id != NULL)
		return find_id(cas, id, name, object, key);
	json_object_foreach(object, label, value)
	{
		if (json_is_string(value))
			labels_set(&labels, label, json_string_value(value));
	}
	found = image_find_name(cas, name, &labels, key);
	labels_free(&labels);
	return found;
}

/* As pairs_parse() reads it; the caller frees it. */
static char *
encoded(const char *value)
{
	char *text = xcalloc(1, 3 * strlen(value) + 1);
	char *to = text;

	for (const char *from = value; *from != '\0'; from++)
		if ((unsigned char)*from <= ' ' || strchr("%,\x7f", *from))
			to += snprintf(to, 4, "%%%02x", (unsigned char)*from);
		else
			*to++ = *from;
	return text;
}

char *
dependency_text(const json_t *item)
{
	const char *name = record_string(item, "name");
	char *text = xstrdup(name == NULL ? "" : name);
	const char *label;
	json_t *value;

	json_object_foreach(json_object_get(item, "labels"), label, value)
	{
		const char *is = json_string_value(value);
		autofree char *shown = encoded(is == NULL ? "" : is);
		char *longer = xasprintf("%s,%s=%s", text, label, shown);

		free(text);
		text = longer;
	}
	return text;
}

/* The list so far, and the keys whose dependencies were looked at. */
struct search {
	int cas;
	json_t *missing;
	json_t *seen;
};

static void
add_missing(struct search *search, const json_t *item)
{
	autojson json_t *text = NULL;
	autofree char *reference = dependency_text(item);
	const json_t *there;
	size_t i;

	text = json_string(reference);
	json_array_foreach(search->missing, i, there)
	{
		if (json_equal(there, text))
			return;
	}
	(void)json_array_append(search->missing, text);
}

static void
look_through(struct search *search, const json_t *dependencies, int depth)
{
	const json_t *item;
	size_t i;

	json_array_foreach(dependencies, i, item)
	{
		autojson json_t *info = NULL;
		char key[KEY_TEXT];

		if (dependency_find(search->cas, item, key) == 1)
			info = image_load(search->cas, key);
		if (info == NULL) {
			add_missing(search, item);
			continue;
		}
		if (json_object_get(search->seen, key) != NULL ||
		    depth == DEPENDENCY_DEPTH_MAX)
			continue;
		(void)json_object_set_new(search->seen, key, json_true());
		look_through(
		    search, json_object_get(info, "dependencies"), depth + 1);
	}
}

json_t *
dependencies_missing(int cas, const json_t *dependencies)
{
	autojson json_t *seen = json_object();
	struct search search = {
		.cas = cas,
		.missing = json_array(),
		.seen = seen,
	};

	look_through(&search, dependencies, 1);
	return search.missing;
}
