/* SPDX-License-Identifier: Apache-2.0 */
/* keys - public keys, from servers or from files */
#pragma once

#include <stddef.h>

#include <jansson.h>

/* So many at a time. */
enum { KEYS_MAX = 16 };

/*
 * Fetches all keys, those that discover.keys of the record names or those at
 * places (URLs and paths), and adds the member fetch.  insecure is of web.h.
 * The filter ends if one of them cannot be had.
 */
void keys_fetch_discovered(json_t *record, unsigned insecure);
void keys_fetch_named(
    json_t *record, char *const *places, size_t count, unsigned insecure);
