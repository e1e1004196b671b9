/* SPDX-License-Identifier: Apache-2.0 */
/* alloc - allocation that cannot fail */
#pragma once

#include <stdlib.h>

/*
 * Each of these returns memory that the caller frees, and ends the process
 * with prog_status (prog.h) and one line on stderr when there is none left.
 */
#define ALLOC __attribute__((malloc, returns_nonnull, warn_unused_result))

ALLOC void *xcalloc(size_t count, size_t size);
ALLOC char *xstrdup(const char *text);
ALLOC char *xstrndup(const char *text, size_t max);
ALLOC char *xasprintf(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Grows or makes an array; frees nothing on failure since it does not return */
__attribute__((returns_nonnull, warn_unused_result)) void *xreallocarray(
    void *array, size_t count, size_t size);
