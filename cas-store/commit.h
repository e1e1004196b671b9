/* SPDX-License-Identifier: Apache-2.0 */
/* commit - an image into the store, whole or not at all */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "aci.h"
#include "blob.h"
#include "fault.h"
#include "manifest.h"

/* How the root file system is kept; RENDER_AUTO tries the index. */
enum render { RENDER_AUTO, RENDER_EROFS, RENDER_TREE };

struct commit {
	int cas;
	int blobfd; /* the tar, without a name yet */
	struct blob *blob;
	struct aci *aci; /* its tree finished */
	const struct image_manifest *manifest;
	enum render render;
	bool latest;
	const char *url;     /* where it came from, or NULL */
	const json_t *fetch; /* the record's member, for the cache's facts */
	json_t *verify;      /* the record's, or NULL: kept with the image */
	unsigned left_out;   /* devices that a tree lacks; set here */
};

/*
 * Names, in this order and each durable before the next: the blob, the index
 * or tree, the entry by name; then, as the one step that makes it an image,
 * image/KEY.  What is there already is left as it is.  Returns its info for
 * the caller, or NULL with fault.
 */
json_t *commit_image(struct commit *commit, struct fault *fault);

/*
 * Other facts about an image that is there, in place of those it has.  Under
 * the store's lock.  Returns 0, or -1 with fault.
 */
int commit_info(
    int cas, const char *key, const json_t *info, struct fault *fault);
