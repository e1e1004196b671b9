/* SPDX-License-Identifier: Apache-2.0 */
/* uuid - the name of a pod: RFC 4122, version 4 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { UUID_SIZE = 37 }; /* 36 characters and a NUL */

/* A new random one, in lower case.  Ends the process if there is no random. */
void uuid_make(char uuid[UUID_SIZE]);

/* Is it 8-4-4-4-12 lower-case hexadecimal digits, and not all zero? */
bool uuid_valid(const char *text);

/*
 * A number of it (FNV-1a), for where a pod begins to look for what is its own:
 * different pods rarely meet.
 */
uint32_t uuid_hash(const char *uuid);
