/* SPDX-License-Identifier: Apache-2.0 */
/* alloc - allocation that cannot fail */

#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "prog.h"

static void *
checked(void *memory)
{
	if (memory == NULL)
		err(prog_status, "memory");
	return memory;
}

void *
xcalloc(size_t count, size_t size)
{
	return checked(calloc(count != 0 ? count : 1, size != 0 ? size : 1));
}

void *
xreallocarray(void *array, size_t count, size_t size)
{
	return checked(
	    reallocarray(array, count != 0 ? count : 1, size != 0 ? size : 1));
}

char *
xstrdup(const char *text)
{
	return checked(strdup(text));
}

char *
xstrndup(const char *text, size_t max)
{
	return checked(strndup(text, max));
}

char *
xasprintf(const char *format, ...)
{
	va_list arguments;
	char *text = NULL;
	int length;

	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	return checked(length < 0 ? NULL : text);
}
