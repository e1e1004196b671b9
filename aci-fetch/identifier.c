/* SPDX-License-Identifier: Apache-2.0 */
/* identifier - the name of a registry's image as an AC identifier */

#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "identifier.h"
#include "prog.h"

#define WORD "abcdefghijklmnopqrstuvwxyz0123456789"

/* So many bytes that are in no word, in hexadecimal. */
static void
encode(FILE *out, const char *text, size_t length)
{
	(void)fputc('~', out);
	for (size_t i = 0; i < length; i++)
		(void)fprintf(out, "%02x", (unsigned char)text[i]);
	if (text[length] != '\0')
		(void)fputc('~', out);
}

char *
identifier_make(const char *name)
{
	char *identifier = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&identifier, &size);

	if (out == NULL)
		prog_die("names");
	/* A word must come first: "[::1]" is a host too. */
	if (strspn(name, WORD) == 0)
		(void)fputc('x', out);
	while (*name != '\0') {
		size_t word = strspn(name, WORD);
		size_t between = strcspn(name + word, WORD);

		(void)fwrite(name, 1, word, out);
		name += word;
		if (word > 0 && between == 1 && strchr("./_-:", *name) != NULL)
			(void)fputc(*name == ':' ? '_' : *name, out);
		else if (between > 0)
			encode(out, name, between);
		name += between;
	}
	if (fclose(out) != 0)
		prog_die("names");
	return identifier;
}
