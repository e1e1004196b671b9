/* SPDX-License-Identifier: Apache-2.0 */
/* record - test of lib/record.c */

#undef NDEBUG
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	/* As deep as a parser that recurses would not like it. */
	enum { DEEP = 100000 };
	autofree char *deep = malloc(DEEP);
	char *why = NULL;

	assert(deep != NULL);
	memset(deep, '[', DEEP);
	assert(json_parse(deep, DEEP, &why) == NULL);
	free(why);
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
	look_up();
	return 0;
}
