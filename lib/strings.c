/* SPDX-License-Identifier: Apache-2.0 */
/* strings - a list of texts that is an argv */

#include <string.h>

#include "alloc.h"
#include "manifest.h"

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

void
strings_free(struct strings *strings)
{
	for (size_t i = 0; i < strings->count; i++)
		free(strings->list[i]);
	free(strings->list);
	*strings = (struct strings){ 0 };
}
