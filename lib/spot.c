/* SPDX-License-Identifier: Apache-2.0 */
/* spot - a place in a manifest, for reading what is there and for messages */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "alloc.h"
#include "escape.h"
#include "scope.h"
#include "spot.h"

/* app.ports[1].port; the caller frees it. */
static char *
spot_place(const struct spot *spot)
{
	autofree char *up = NULL;
	autofree char *name = NULL;

	if (spot->up == NULL)
		return xstrdup(spot->name);
	up = spot_place(spot->up);
	if (spot->name == NULL)
		return xasprintf("%s[%zu]", up, spot->index);
	name = escape(spot->name);
	return xasprintf("%s%s%s", up, *up == '\0' ? "" : ".", name);
}

int
spot_fail(const struct spot *spot, const char *format, ...)
{
	autofree char *place = spot_place(spot);
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	free(*spot->why);
	*spot->why =
	    xasprintf("%s%s%s", place, *place == '\0' ? "" : ": ", text);
	return -1;
}

int
spot_bad(const struct spot *spot, const char *text, const char *wrong)
{
	enum { SHOWN = 64 }; /* bytes; escaped four times as many */
	size_t length = strnlen(text, SHOWN);
	autofree char *shown = escape_bytes(text, length);

	if (*text == '\0')
		return spot_fail(spot, "%s", wrong);
	return spot_fail(spot, "\"%s%s\" %s", shown,
	    text[length] == '\0' ? "" : "...", wrong);
}

int
spot_object(const struct spot *spot)
{
	if (spot->json == NULL)
		return spot_fail(spot, "is missing");
	if (!json_is_object(spot->json))
		return spot_fail(spot, "is not an object");
	return 0;
}

json_t *
spot_json(const struct spot *spot)
{
	union {
		const json_t *in;
		json_t *out;
	} borrowed = { .in = spot->json };

	return borrowed.out;
}

int
spot_member(const struct spot *object, const char *name, struct spot *member)
{
	json_t *json = spot_json(object);
	json_t *value;
	const char *key;

	*member =
	    (struct spot){ .up = object, .name = name, .why = object->why };
	json_object_foreach(json, key, value)
	{
		if (strcasecmp(key, name) != 0)
			continue;
		if (strcmp(key, name) != 0) {
			member->name = key;
			return spot_fail(member, "must be written %s", name);
		}
		member->json = json_is_null(value) ? NULL : value;
	}
	return 0;
}

int
spot_list(const struct spot *object, const char *name, struct spot *list)
{
	if (spot_member(object, name, list) < 0)
		return -1;
	if (list->json != NULL && !json_is_array(list->json))
		return spot_fail(list, "is not a list");
	return 0;
}

size_t
spot_count(const struct spot *list)
{
	return json_array_size(list->json);
}

struct spot
spot_element(const struct spot *list, size_t index)
{
	return (struct spot){ .up = list,
		.index = index,
		.json = json_array_get(list->json, index),
		.why = list->why };
}

int
spot_string(const struct spot *spot, const char **text)
{
	*text = json_string_value(spot->json);
	if (spot->json == NULL)
		return spot_fail(spot, "is missing");
	if (*text == NULL)
		return spot_fail(spot, "is not a string");
	if (strlen(*text) != json_string_length(spot->json))
		return spot_fail(spot, "has a NUL in it");
	return 0;
}

int
spot_text(const struct spot *object, const char *name, char **text)
{
	struct spot spot;
	const char *borrowed;

	if (spot_member(object, name, &spot) < 0)
		return -1;
	if (spot.json == NULL)
		return 0;
	if (spot_string(&spot, &borrowed) < 0)
		return -1;
	*text = xstrdup(borrowed);
	return 0;
}

int
spot_need_text(const struct spot *object, const char *name, char **text)
{
	struct spot spot;

	if (spot_text(object, name, text) < 0 ||
	    spot_member(object, name, &spot) < 0)
		return -1;
	if (*text == NULL)
		return spot_fail(&spot, "is missing");
	return 0;
}

int
spot_may_checked(
    const struct spot *object, const char *name, spot_check *check, char **text)
{
	struct spot spot;
	const char *wrong;

	if (spot_text(object, name, text) < 0 ||
	    spot_member(object, name, &spot) < 0)
		return -1;
	wrong = *text != NULL ? check(*text) : NULL;
	return wrong != NULL ? spot_bad(&spot, *text, wrong) : 0;
}

int
spot_checked(
    const struct spot *object, const char *name, spot_check *check, char **text)
{
	struct spot spot;

	if (spot_may_checked(object, name, check, text) < 0 ||
	    spot_member(object, name, &spot) < 0)
		return -1;
	return *text != NULL ? 0 : spot_fail(&spot, "is missing");
}

int
spot_flag(const struct spot *object, const char *name, int *flag)
{
	struct spot spot;

	if (spot_member(object, name, &spot) < 0)
		return -1;
	if (spot.json == NULL)
		return 0;
	if (!json_is_boolean(spot.json))
		return spot_fail(&spot, "is neither true nor false");
	*flag = json_is_true(spot.json);
	return 0;
}

int
spot_number(const struct spot *object, const char *name, int64_t min,
    int64_t max, int64_t *number)
{
	struct spot spot;
	int64_t value;

	if (spot_member(object, name, &spot) < 0)
		return -1;
	if (spot.json == NULL)
		return 0;
	if (!json_is_integer(spot.json))
		return spot_fail(&spot, "is not a whole number");
	value = json_integer_value(spot.json);
	if (value < min || value > max)
		return spot_fail(&spot, "%lld is not from %lld to %lld",
		    (long long)value, (long long)min, (long long)max);
	*number = value;
	return 0;
}

/* The name of an element: its first member, of whatever structure it is. */
static const char *
element_name(const void *element)
{
	const char *name;

	memcpy(&name, element, sizeof name);
	return name;
}

static int
element_new(
    const struct spot *spot, const struct spot_kind *kind, const char *elements)
{
	const char *name = element_name(elements + spot->index * kind->size);

	for (size_t i = 0; i < spot->index; i++) {
		struct spot member = {
			.up = spot, .name = "name", .why = spot->why
		};

		if (strcmp(element_name(elements + i * kind->size), name) == 0)
			return spot_bad(&member, name, "is there twice");
	}
	return 0;
}

int
spot_each(const struct spot *object, const char *name,
    const struct spot_kind *kind, void *array, size_t *count)
{
	struct spot list;
	char *elements;

	if (spot_list(object, name, &list) < 0)
		return -1;
	if (spot_count(&list) == 0)
		return 0;
	if (spot_count(&list) > SPOT_LIST_MAX)
		return spot_fail(
		    &list, "has more than %d elements", SPOT_LIST_MAX);
	elements = xcalloc(spot_count(&list), kind->size);
	memcpy(array, &elements, sizeof elements);
	for (size_t i = 0; i < spot_count(&list); i++) {
		struct spot spot = spot_element(&list, i);

		*count = i + 1;
		if (spot_object(&spot) < 0 ||
		    kind->read(&spot, elements + i * kind->size) < 0)
			return -1;
		if (kind->named && element_new(&spot, kind, elements) < 0)
			return -1;
	}
	return 0;
}

bool
spot_before(const struct spot *spot, int minor)
{
	while (spot->up != NULL)
		spot = spot->up;
	if (spot->version == NULL || strncmp(spot->version, "0.", 2) != 0)
		return false;
	return strcspn(spot->version + 2, ".") == 1 &&
	       spot->version[2] - '0' < minor;
}
