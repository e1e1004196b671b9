/* SPDX-License-Identifier: Apache-2.0 */
/* remove - out of the store: images, and what a crash has left */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "fault.h"

/*
 * Removes the image of that key, and of its blobs those that no other image and
 * no pod has linked.  What a pod has linked lives on in the pod's directory; a
 * tree that a pod has linked stays until store_clean() finds it unused. Returns
 * 0, or -1 with fault (EX_NO: there is none, or no more).
 */
int image_remove(int cas, const char *key, struct fault *fault);

/*
 * Removes what is there of an image that could not be stored, of which info
 * was to be known; not if there is that image, or somebody stores one at this
 * time.
 */
void image_take_back(int cas, const char *key, const json_t *info);

/*
 * Takes the image's tree away, though pods use it: those keep it, and
 * store_clean() removes it when they are gone.  0, or -1 and errno.
 */
int tree_withdraw(int cas, const char *key);

/*
 * Removes what no image owns and is older than so many nanoseconds: files in
 * tmp, blobs, indexes, trees, names and URLs.  Returns 0, or -1 with fault;
 * EX_TEMPFAIL: an image is being stored.
 */
int store_clean(int cas, int64_t grace, struct fault *fault);
