/* SPDX-License-Identifier: Apache-2.0 */
/* dependency - the images that an image is made of */
#pragma once

#include <jansson.h>

#include "manifest.h"
#include "store.h"

/* So many images may depend on one another in a row. */
enum { DEPENDENCY_DEPTH_MAX = 16 };

/* The member "dependencies" of info.json: [{name, labels, id, size}], of which
 * the last two may be missing.  The caller owns it. */
json_t *dependencies_json(const struct image_manifest *manifest);

/*
 * Finds the image that an item of such a list means: by its id if it has one,
 * and of the name and labels all the same.  1 with key; 0: the store does not
 * have it; -1 and errno.
 */
int dependency_find(int cas, const json_t *item, char key[KEY_TEXT]);

/* The item as a reference: NAME,LABEL=VALUE...  The caller frees it. */
char *dependency_text(const json_t *item);

/*
 * The references of those that are not in the store, of a list and of what it
 * depends on: an array, each once, that the caller owns.
 */
json_t *dependencies_missing(int cas, const json_t *dependencies);
