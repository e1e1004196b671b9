/* SPDX-License-Identifier: Apache-2.0 */
/* discovery - what a name's own web pages say about it */
#pragma once

#include <jansson.h>

#include "labels.h"

struct web;

/* More endpoints or keys than this are not taken from one page. */
enum { DISCOVERY_MAX = 16 };

/*
 * Walks up from name to its host and stops at the first page that has
 * anything.  Each returns the record's member discover, which the caller owns,
 * or NULL with *why, to be freed by the caller: NULL too if the pages came and
 * had nothing for this name, else what was in the way.
 *
 * discover_image(): endpoints for name with labels, and the keys that stand on
 * the same pages.  discover_keys(): only keys.
 */
json_t *discover_image(struct web *web, unsigned insecure, const char *name,
    const struct labels *labels, char **why);
json_t *discover_keys(
    struct web *web, unsigned insecure, const char *name, char **why);
