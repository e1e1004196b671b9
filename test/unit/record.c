/* SPDX-License-Identifier: Apache-2.0 */
/* record - test of lib/record.c */

#undef NDEBUG
#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "record.h"
#include "scope.h"

static void
strict(void)
{
	static const char *const refused[] = {
		"",
		"{",
		"{}{}",
		"{} x",
		"{\"a\":1,\"a\":2}",
		"{'a':1}",
		"\xef\xbb\xbf{}",
		"{\"a\":\"\xff\"}",
		"{\"a\":NaN}",
		"{\"a\":\"\\ud800\"}",
		"{\"a\":\"\\u0000\"}",
		"{\"a\":99999999999999999999}",
		"/* */{}",
		"{\"a\":1,}",
	};

	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		char *why = NULL;

		assert(
		    json_parse(refused[i], strlen(refused[i]), &why) == NULL);
		assert(why != NULL && strncmp(why, "line ", 5) == 0);
		free(why);
	}
}

/* An array of count times that; is it taken? */
static bool
takes(const char *value, size_t count)
{
	size_t length = strlen(value);
	autofree char *text = malloc(count * (length + 1) + 1);
	char *at = text;
	char *why = NULL;
	json_t *json;

	assert(text != NULL && count > 0);
	for (size_t i = 0; i < count; i++) {
		*at++ = i == 0 ? '[' : ',';
		memcpy(at, value, length);
		at += length;
	}
	*at++ = ']';
	json = json_parse(text, (size_t)(at - text), &why);
	assert((json == NULL) == (why != NULL));
	assert(why == NULL || strcmp(why, "too many values") == 0);
	free(why);
	json_decref(json);
	return json != NULL;
}

static long
peak(void)
{
	struct rusage usage;

	assert(getrusage(RUSAGE_SELF, &usage) == 0);
	return usage.ru_maxrss;
}

static void
bounded(void)
{
	static const struct {
		const char *value;
		size_t marks; /* of one, and the comma */
	} values[] = {
		{ "1", 1 },
		{ "\"[,{:\\\",\"", 1 },
		{ "[]", 2 },
		{ "{}", 2 },
		{ "{\"a\":1}", 3 },
		{ "{\"a\":{}}", 4 },
		{ "[[[]]]", 4 },
	};
	long before = peak();

	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		size_t most = JSON_MARKS_MAX / values[i].marks;

		assert(takes(values[i].value, most));
		assert(!takes(values[i].value, most + 1));
		assert(!takes(values[i].value, 4 * most));
	}
	/* AddressSanitizer keeps what is freed, for a while. */
#ifndef __SANITIZE_ADDRESS__
	assert(peak() - before < 48 * 1024);
#else
	(void)before;
#endif
}

static void
deep(void)
{
	/* As deep as a parser that recurses would not like it. */
	enum { DEEP = 100000 };
	autofree char *text = malloc(DEEP);
	char *why = NULL;
	json_t *json;

	assert(text != NULL);
	memset(text, '[', DEEP);
	assert(json_parse(text, DEEP, &why) == NULL);
	assert(strcmp(why, "nested too deep") == 0);
	free(take_ptr(&why));
	memset(text + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
	json = json_parse(text, (size_t)2 * JSON_DEPTH_MAX, &why);
	assert(json != NULL);
	json_decref(json);
}

static void
look_up(void)
{
	const char text[] = "{\"v\":1,\"store\":{\"root\":{\"kind\":\"erofs\"},"
			    "\"size\":9223372036854775807,\"x.y\":1}}";
	char *why = NULL;
	autojson json_t *record = json_parse(text, strlen(text), &why);
	autofree char *line = NULL;

	assert(record != NULL);
	assert(strcmp(record_string(record, "store.root.kind"), "erofs") == 0);
	assert(record_string(record, "store.root") == NULL);
	assert(record_string(record, "store.none.kind") == NULL);
	assert(record_number(record, "store.size", 0) == INT64_MAX);
	assert(record_number(record, "store.root", 7) == 7);
	line = record_line(record);
	assert(strcmp(line, text) == 0);
}

int
main(void)
{
	strict();
	bounded();
	deep();
	look_up();
	return 0;
}
