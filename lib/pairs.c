/* SPDX-License-Identifier: Apache-2.0 */
/* pairs - NAME=VALUE,NAME=VALUE as references, volumes and mounts have it */

#include <stdbool.h>
#include <string.h>

#include "alloc.h"
#include "escape.h"
#include "pairs.h"
#include "scope.h"

char *
pair_split(const char *text, const char **value)
{
	const char *equals = strchr(text, '=');

	if (equals == NULL || equals == text)
		return NULL;
	*value = equals + 1;
	return xstrndup(text, (size_t)(equals - text));
}

int
bool_parse(const char *text)
{
	static const char *const yes[] = { "true", "1", "t", "T", "TRUE",
		"True", NULL };
	static const char *const no[] = { "false", "0", "f", "F", "FALSE",
		"False", NULL };

	for (const char *const *p = yes; *p != NULL; p++)
		if (strcmp(text, *p) == 0)
			return 1;
	for (const char *const *p = no; *p != NULL; p++)
		if (strcmp(text, *p) == 0)
			return 0;
	return -1;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Decodes in place.  A control character has no use here, but an attack's. */
static const char *
percent_decode(char *text)
{
	char *to = text;

	for (const char *from = text; *from != '\0'; from++) {
		int c = (unsigned char)*from;

		if (c == '%') {
			int high = hex_digit(from[1]);
			int low = high < 0 ? -1 : hex_digit(from[2]);

			if (low < 0)
				return "has a % without two hexadecimal digits";
			c = high * 16 + low;
			from += 2;
		}
		if (c < ' ' || c == 0x7f)
			return "has a control character in its value";
		*to++ = (char)c;
	}
	*to = '\0';
	return NULL;
}

static int
pair_parse(const char *text, const char *word, struct labels *pairs, char **why)
{
	const char *start = NULL, *wrong;
	autofree char *name = pair_split(text, &start);
	autofree char *value = NULL;
	autofree char *shown = escape(name != NULL ? name : text);

	if (name == NULL) {
		*why = xasprintf("\"%s\" is not NAME=VALUE", shown);
		return -1;
	}
	if (labels_get(pairs, name) != NULL) {
		*why = xasprintf("%s \"%s\" given twice", word, shown);
		return -1;
	}
	value = xstrdup(start);
	wrong = percent_decode(value);
	if (wrong != NULL) {
		*why = xasprintf("%s \"%s\" %s", word, shown, wrong);
		return -1;
	}
	labels_set(pairs, name, value);
	return 0;
}

int
pairs_parse(
    const char *text, const char *word, struct labels *pairs, char **why)
{
	for (;;) {
		size_t length = strcspn(text, ",");
		autofree char *pair = xstrndup(text, length);

		if (pair_parse(pair, word, pairs, why) < 0)
			return -1;
		if (text[length] == '\0')
			return 0;
		text += length + 1;
	}
}
