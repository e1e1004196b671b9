/* SPDX-License-Identifier: Apache-2.0 */
/* discovery - what a name's own web pages say about it */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "labels.h"

struct web;

/* More endpoints or keys than this are not taken from one page. */
enum { DISCOVERY_MAX = 16 };

struct discovery {
	struct web *web;
	char *authorization; /* for the name's own host, or NULL */
	unsigned flags;      /* of web.h, as the client has them */
	int64_t seconds;     /* for all pages together */
	bool simple;         /* if no page helps: the spec's way before 0.8 */
};

/*
 * Walks up from name to its host and stops at the first page that has
 * anything.  Each returns the record's member discover, which the caller owns,
 * or NULL.  *why is for the caller to free: NULL if the pages came, or were not
 * there, and had nothing for this name, else what was in the way, escaped.
 *
 * discover_image(): endpoints for name with labels, and the keys that stand on
 * the same pages.  discover_keys(): only keys.
 */
json_t *discover_image(const struct discovery *how, const char *name,
    const struct labels *labels, char **why);
json_t *discover_keys(
    const struct discovery *how, const char *name, char **why);
