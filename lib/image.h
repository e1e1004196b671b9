/* SPDX-License-Identifier: Apache-2.0 */
/* image - the images of the store: what is known of each, and finding them */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "manifest.h"
#include "ref.h"
#include "store.h"

/* A file image/KEY/info.json may have this many bytes. */
enum { INFO_MAX = 64 * 1024 };

/*
 * info.json, one object:
 *   id, name, labels (object), size, imported (ns), latest (ns: when it was
 *   last found to be the latest, or 0),
 *   verify (as in a record; missing if nobody vouched for it),
 *   dependencies (dependency.h; may be missing),
 *   root (once it can be had: kind "erofs" or "tree", path and devices, a
 *   list: below the store)
 * A new one for an image, without root; the caller owns it.
 */
json_t *image_info(const char *id, const struct image_manifest *manifest,
    int64_t size, bool latest);

/* Of the image in the store, for the caller; NULL and errno (EBADMSG: it is
 * damaged). */
json_t *image_load(int cas, const char *key);

/* The member "store" of a record for it; the caller owns it. */
json_t *image_store(int cas, const json_t *info);

/* The whole record, for the reference image; the caller owns it. */
json_t *image_record(int cas, const json_t *info, const char *image);

/* Is its root file system there, with all its devices? */
bool image_complete(int cas, const json_t *info);

/* Is that a tree? */
bool image_is_tree(const json_t *info);

/* By its name and labels, os and arch being this host's unless they are given;
 * of several as below.  1 with key, 0, or -1 and errno. */
int image_find_name(
    int cas, const char *name, const struct labels *labels, char key[KEY_TEXT]);

/*
 * Finds the image that a reference means; of several that a name fits, the
 * one marked latest if no version is asked for, else the newest.  Returns 1
 * with key; 0 if there is none; -1 and errno.  More than one for a hash
 * prefix: their number, with *candidates (for the caller) naming them.
 */
int image_find(int cas, const struct ref *ref, char key[KEY_TEXT],
    struct strings *candidates);

/* Calls visit for each image, in the order of keys; ends with the first
 * result that is not 0.  -1 and errno. */
int image_each(
    int cas, int (*visit)(int cas, const char *key, void *data), void *data);
