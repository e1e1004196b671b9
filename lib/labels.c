/* SPDX-License-Identifier: Apache-2.0 */
/* labels - name and value pairs: labels, annotations, environment */

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "labels.h"

static struct label *
label_find(const struct labels *labels, const char *name)
{
	for (size_t i = 0; i < labels->count; i++)
		if (strcmp(labels->list[i].name, name) == 0)
			return &labels->list[i];
	return NULL;
}

void
labels_set(struct labels *labels, const char *name, const char *value)
{
	struct label *label = label_find(labels, name);
	char *copy = xstrdup(value);

	if (label != NULL) {
		free(label->value);
		label->value = copy;
		return;
	}
	labels->list = xreallocarray(
	    labels->list, labels->count + 1, sizeof *labels->list);
	label = &labels->list[labels->count++];
	label->name = xstrdup(name);
	label->value = copy;
}

const char *
labels_get(const struct labels *labels, const char *name)
{
	const struct label *label = label_find(labels, name);

	return label != NULL ? label->value : NULL;
}

void
labels_free(struct labels *labels)
{
	for (size_t i = 0; i < labels->count; i++) {
		free(labels->list[i].name);
		free(labels->list[i].value);
	}
	free(labels->list);
	*labels = (struct labels){ 0 };
}

json_t *
labels_json(const struct labels *labels)
{
	json_t *list = json_array();

	for (size_t i = 0; i < labels->count; i++)
		json_array_append_new(
		    list, json_pack("{s:s, s:s}", "name", labels->list[i].name,
			      "value", labels->list[i].value));
	return list;
}

json_t *
labels_object(const struct labels *labels)
{
	json_t *object = json_object();

	for (size_t i = 0; i < labels->count; i++)
		(void)json_object_set_new(object, labels->list[i].name,
		    json_string(labels->list[i].value));
	return object;
}
