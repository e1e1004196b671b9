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

/* The byte after the string that begins at from. */
static const char *
string_end(const char *from, const char *end)
{
	for (from++; from < end && *from != '"'; from++)
		from += *from == '\\';
	return from < end ? from + 1 : end;
}

/*
 * Is it more than a parser should be given?  A tree of values takes many times
 * the memory of its text: "{}," becomes 240 bytes.  What is no JSON is counted
 * somehow; that it is none is the parser's to say.
 */
static const char *
excess(const char *bytes, size_t length)
{
	const char *end = bytes + length;
	size_t marks = 0, depth = 0;

	while (bytes < end) {
		if (*bytes == '"') {
			bytes = string_end(bytes, end);
			continue;
		}
		if (*bytes == '[' || *bytes == '{')
			depth++;
		else if ((*bytes == ']' || *bytes == '}') && depth > 0)
			depth--;
		marks += *bytes == '[' || *bytes == '{' || *bytes == ',' ||
			 *bytes == ':';
		if (depth > JSON_DEPTH_MAX)
			return "nested too deep";
		if (marks > JSON_MARKS_MAX)
			return "too many values";
		bytes++;
	}
	return NULL;
}

json_t *
json_parse(const char *bytes, size_t length, char **why)
{
	const char *unfit = excess(bytes, length);
	autofree char *text = NULL;
	json_error_t error;
	json_t *json = NULL;

	if (unfit != NULL) {
		*why = xstrdup(unfit);
		return NULL;
	}
	json = json_loadb(bytes, length, JSON_REJECT_DUPLICATES, &error);
	if (json != NULL)
		return json;
	text = escape(error.text);
	*why =
	    xasprintf("line %d column %d: %s", error.line, error.column, text);
	return NULL;
}

json_t *
json_parse_secret(const char *bytes, size_t length, char **why)
{
	json_t *json = json_parse(bytes, length, why);
	char *near = json == NULL ? strstr(*why, " near ") : NULL;

	if (near != NULL)
		*near = '\0';
	return json;
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
