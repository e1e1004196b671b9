/* SPDX-License-Identifier: Apache-2.0 */
/* say - one line on stderr, without a buffer or a library */
#pragma once

/*
 * Writes "a: b: c: why" with a newline, in one piece of at most 1 KiB.  Any of
 * them may be NULL and is left out; error 0: no why.
 */
void say(const char *a, const char *b, const char *c, int error);
