/* SPDX-License-Identifier: Apache-2.0 */
/* review - the dialogue in which somebody looks at a key and decides */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"
#include "review.h"

/* In capitals, by fours, with two blanks in the middle. */
static void
print_fingerprint(const char *fingerprint)
{
	size_t length = strlen(fingerprint);

	(void)fputs("GPG key fingerprint is:", stderr);
	for (size_t i = 0; i < length; i++) {
		if (i % 4 == 0)
			(void)fputs(
			    i > 0 && i == length / 2 ? "  " : " ", stderr);
		(void)fputc(toupper((unsigned char)fingerprint[i]), stderr);
	}
	(void)fputc('\n', stderr);
}

void
review_show(const char *prefix, const char *location, const json_t *key)
{
	const json_t *list = json_object_get(key, "identities");

	(void)fprintf(
	    stderr, "Prefix: \"%s\"\nKey: \"%s\"\n", prefix, location);
	print_fingerprint(record_string(key, "fingerprint"));
	for (size_t i = 0; i < json_array_size(list); i++)
		(void)fprintf(stderr, "  %s\n",
		    json_string_value(json_array_get(list, i)));
}

/* A line of stdin without its end; NULL at the end of the input. */
static char *
read_answer(char *line, size_t size)
{
	size_t used = 0;
	int c;

	while ((c = getchar()) != EOF && c != '\n')
		if (used < size - 1)
			line[used++] = (char)c;
	line[used] = '\0';
	while (used > 0 && isspace((unsigned char)line[used - 1]))
		line[--used] = '\0';
	return c == EOF ? NULL : line;
}

bool
review_ask(void)
{
	char line[64];

	for (;;) {
		const char *answer;

		(void)fputs("Are you sure you want to trust this key "
			    "(yes/no)? ",
		    stderr);
		answer = read_answer(line, sizeof line);
		if (answer == NULL)
			(void)fputc('\n', stderr);
		if (answer == NULL || strcmp(answer, "no") == 0)
			return false;
		if (strcmp(answer, "yes") == 0)
			return true;
		(void)fputs("Please enter 'yes' or 'no'\n", stderr);
	}
}
