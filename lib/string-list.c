/* SPDX-License-Identifier: Apache-2.0 */
/* string-list - a list of texts that is an argv */

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "string-list.h"

void
strings_add(struct strings *strings, const char *text)
{
	/* Room is a power of two, counting the NULL at the end. */
	if ((strings->count & (strings->count + 1)) == 0)
		strings->list = xreallocarray(strings->list,
		    2 * (strings->count + 1), sizeof *strings->list);
	strings->list[strings->count++] = xstrdup(text);
	strings->list[strings->count] = NULL;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
strings_sort(struct strings *strings)
{
	if (strings->count > 1)
		qsort(strings->list, strings->count, sizeof *strings->list,
		    by_text);
}

void
strings_free(struct strings *strings)
{
	for (size_t i = 0; i < strings->count; i++)
		free(strings->list[i]);
	free(strings->list);
	*strings = (struct strings){ 0 };
}
