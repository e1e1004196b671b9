/* SPDX-License-Identifier: Apache-2.0 */
/* commit - an image into the store, whole or not at all */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "compose.h"
#include "fault.h"
#include "manifest.h"
#include "render.h"

struct commit {
	struct compose *compose; /* its archives, those without a name too */
	struct render *render;   /* NULL: others that it needs are missing */
	const char *id;
	const char *bytes; /* of the manifest */
	size_t length;
	const struct image_manifest *manifest;
	json_t *info; /* what will be known of it (image_info()) */
	bool latest;
	const char *url;     /* where it came from, or NULL */
	const json_t *fetch; /* the record's member, for the cache's facts */
	json_t *verify;      /* the record's, or NULL: kept with the image */
};

/*
 * Under the store's lock.  Names, in this order and each durable before the
 * next: the archives, the index or tree, the entry by name; then, as the one
 * step that makes it an image, image/KEY with its links to the archives.  What
 * is there already is left as it is.  Returns 0, or -1 with fault.
 */
int commit_image(struct commit *commit, struct fault *fault);

/* An image that is there and whole has come again.  Likewise. */
int commit_again(struct commit *commit, struct fault *fault);

/*
 * An image whose dependencies were missing can be rendered at last.  Likewise.
 */
int commit_render(int cas, const char *key, struct compose *compose,
    struct render *render, json_t *info, struct fault *fault);

/*
 * Other facts about an image that is there, in place of those it has.  Under
 * the store's lock.  Returns 0, or -1 with fault.
 */
int commit_info(
    int cas, const char *key, const json_t *info, struct fault *fault);
