/* SPDX-License-Identifier: Apache-2.0 */
/* escape - test of lib/escape.c */

#undef NDEBUG
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "scope.h"

int
main(void)
{
	static const char *const table[][2] = {
		{ "plain text", "plain text" },
		{ "K\xc3\xb6ln \xe2\x82\xac \xf0\x9f\x9a\x80",
		    "K\xc3\xb6ln \xe2\x82\xac \xf0\x9f\x9a\x80" },
		{ "a\nb\tc\x1b[31m", "a\\x0ab\\x09c\\x1b[31m" },
		{ "back\\slash", "back\\x5cslash" },
		{ "\x7f", "\\x7f" },
		{ "\xc2\x9b", "\\xc2\\x9b" },          /* CSI of C1 */
		{ "\xe2\x80\xae", "\\xe2\\x80\\xae" }, /* right to left */
		{ "\xe2\x80\xa8", "\\xe2\\x80\\xa8" }, /* line separator */
		{ "\xef\xbb\xbf", "\\xef\\xbb\\xbf" }, /* byte order mark */
		{ "\xc0\xaf", "\\xc0\\xaf" },          /* overlong slash */
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" }, /* surrogate */
		{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },
		{ "cut \xe2\x82", "cut \\xe2\\x82" },
		{ "\xff", "\\xff" },
	};
	autofree char *null = escape(NULL);
	autofree char *zero = escape_bytes("a\0b", 3);
	autofree char *longer = malloc(4 * ESCAPE_MAX);
	autofree char *cut = NULL;

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		autofree char *text = escape(table[i][0]);

		assert(strcmp(text, table[i][1]) == 0);
	}
	assert(strcmp(null, "(null)") == 0);
	assert(strcmp(zero, "a\\x00b") == 0);

	assert(longer != NULL);
	memset(longer, '\n', 4 * ESCAPE_MAX - 1);
	longer[4 * ESCAPE_MAX - 1] = '\0';
	cut = escape(longer);
	assert(strlen(cut) == ESCAPE_MAX + 3);
	assert(strcmp(cut + ESCAPE_MAX, "...") == 0);
	return 0;
}
