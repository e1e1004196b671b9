/* SPDX-License-Identifier: Apache-2.0 */
/* say - one line on stderr, without a buffer or a library */

#include <string.h>
#include <unistd.h>

#include "say.h"

enum { LINE = 1024 };

/* Appends what fits before the newline; returns the new length. */
static size_t
append(char *line, size_t used, const char *text)
{
	size_t length = strnlen(text, LINE - 1 - used);

	memcpy(line + used, text, length);
	return used + length;
}

void
say(const char *a, const char *b, const char *c, int error)
{
	/* Not strerror(3): it would pull in catalogues of messages. */
	const char *why = error == 0 ? NULL : strerrordesc_np(error);
	const char *const parts[] = { a, b, c, why };
	char line[LINE];
	size_t used = 0;

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		if (parts[i] == NULL)
			continue;
		if (used > 0)
			used = append(line, used, ": ");
		used = append(line, used, parts[i]);
	}
	line[used++] = '\n';
	/* There is nobody to tell that nothing can be told. */
	if (write(STDERR_FILENO, line, used) < 0)
		return;
}
