/* SPDX-License-Identifier: Apache-2.0 */
/* escape - text from outside, made safe for a terminal or a log */
#pragma once

#include <stddef.h>

/* No escaped text is longer than this many bytes; a cut one ends in "...". */
enum { ESCAPE_MAX = 1024 };

/*
 * A copy in which every byte that is not part of a printable character
 * (control characters of ASCII and of Unicode's C1 block, bidirectional
 * controls, line separators, invalid UTF-8) and the backslash are written as
 * \xNN.  The caller frees it.  NULL gives "(null)".
 */
char *escape(const char *text);
char *escape_bytes(const void *bytes, size_t length);

/*
 * The same of a text that is said to be one already, by who may not be
 * believed: backslashes stay.
 */
char *escape_again(const char *text);
