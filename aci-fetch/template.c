/* SPDX-License-Identifier: Apache-2.0 */
/* template - the URL that a discovery tag promises for an image */

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "scope.h"
#include "template.h"

static bool
is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || strchr("-._~", c) != NULL;
}

/* What a value is in a URL's path: unreserved characters (RFC 3986, 2.3). */
static void
put_encoded(FILE *out, const char *value, char also)
{
	for (; *value != '\0'; value++)
		if (is_plain(*value) || *value == also)
			(void)fputc(*value, out);
		else
			(void)fprintf(out, "%%%02X", (unsigned char)*value);
}

/* Writes what stands for {key}.  Returns false if nothing does. */
static bool
put_value(FILE *out, const char *key, const char *name,
    const struct labels *labels, const char *ext)
{
	const char *value = labels_get(labels, key);

	if (strcmp(key, "name") == 0)
		put_encoded(out, name, '/');
	else if (strcmp(key, "ext") == 0)
		put_encoded(out, ext, '.');
	else if (value != NULL)
		put_encoded(out, value, '.');
	else if (strcmp(key, "version") == 0)
		put_encoded(out, "latest", '.');
	else
		return false;
	return true;
}

static bool
expand(FILE *out, const char *template, const char *name,
    const struct labels *labels, const char *ext)
{
	while (*template != '\0') {
		size_t plain = strcspn(template, "{}");
		const char *end = strchr(template, '}');

		(void)fwrite(template, 1, plain, out);
		template += plain;
		if (*template == '\0')
			return true;
		if (*template == '}' || end == NULL)
			return false;
		autofree char *key =
		    xstrndup(template + 1, (size_t)(end - template - 1));
		if (!put_value(out, key, name, labels, ext))
			return false;
		template = end + 1;
	}
	return true;
}

char *
template_expand(const char *template, const char *name,
    const struct labels *labels, const char *ext)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	bool whole;

	if (out == NULL)
		return NULL;
	whole = expand(out, template, name, labels, ext);
	if (fclose(out) != 0 || !whole) {
		free(text);
		return NULL;
	}
	return text;
}
