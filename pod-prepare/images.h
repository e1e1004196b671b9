/* SPDX-License-Identifier: Apache-2.0 */
/* images - the pod's images, as the store has them */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "manifest.h"
#include "pull.h"

enum { KEY_LENGTH = 7 + 64 }; /* "sha512-" and what a name in the store has */

struct image {
	char *ref; /* as the arguments have it */
	char *id;  /* sha512- and 128 digits */
	char key[KEY_LENGTH + 1];
	bool tree; /* unpacked, else an index over blobs */
	char *root;
	struct strings devices; /* the blobs, in the index's order */
	struct image_manifest *manifest;
};

/*
 * One image for each reference, in their order: from the records on stdin, or
 * from the store.  They end the process (filter.h) if an image is absent
 * (EX_NOINPUT), has no dependency stored, is not for this machine, or if a
 * record is for no reference.  With a policy, by which the caller will fetch,
 * one that is to be asked for again counts as absent, and images_ask() returns
 * NULL without a word if any is.  The caller frees them with images_free().
 */
struct image *images_read(const struct strings *refs);
struct image *images_ask(const struct strings *refs, const enum pull *policy);

/* Is that reference to be fetched? */
bool images_wanted(const char *ref, enum pull policy);

void images_free(struct image *images, size_t count);
