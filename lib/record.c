/* SPDX-License-Identifier: Apache-2.0 */
/* record - one JSON object a line: what the tools hand each other */

#include <errno.h>
#include <string.h>

#include "alloc.h"
#include "escape.h"
#include "record.h"
#include "scope.h"

void
scope_json(json_t **json)
{
	int saved = errno;

	json_decref(*json);
	*json = NULL;
	errno = saved;
}

json_t *
json_parse(const char *bytes, size_t length, char **why)
{
	autofree char *text = NULL;
	json_error_t error;
	json_t *json =
	    json_loadb(bytes, length, JSON_REJECT_DUPLICATES, &error);

	if (json != NULL)
		return json;
	text = escape(error.text);
	*why =
	    xasprintf("line %d column %d: %s", error.line, error.column, text);
	return NULL;
}

json_t *
record_get(const json_t *record, const char *path)
{
	const json_t *at = record;

	for (;;) {
		size_t length = strcspn(path, ".");
		autofree char *name = xstrndup(path, length);

		at = json_object_get(at, name);
		if (at == NULL || path[length] == '\0')
			break;
		path += length + 1;
	}
	/* json_object_get() takes const and gives what is not; so do we. */
	union {
		const json_t *in;
		json_t *out;
	} borrowed = { .in = at };
	return borrowed.out;
}

const char *
record_string(const json_t *record, const char *path)
{
	return json_string_value(record_get(record, path));
}

int64_t
record_number(const json_t *record, const char *path, int64_t fallback)
{
	const json_t *number = record_get(record, path);

	return json_is_integer(number) ? json_integer_value(number) : fallback;
}

char *
record_line(const json_t *record)
{
	autofree char *line = json_dumps(record, JSON_COMPACT);

	return xstrdup(line != NULL ? line : "");
}
