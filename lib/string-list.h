/* SPDX-License-Identifier: Apache-2.0 */
/* string-list - a list of texts that is an argv */
#pragma once

#include <stddef.h>

/* NULL at its end, unless it is empty as { 0 } is. */
struct strings {
	char **list;
	size_t count;
};

void strings_add(struct strings *strings, const char *text); /* copies it */
void strings_sort(struct strings *strings); /* by bytes, as strcmp(3) */
void strings_free(struct strings *strings); /* and makes it empty */
