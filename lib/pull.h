/* SPDX-License-Identifier: Apache-2.0 */
/* pull - is the store's image enough, or is somebody to be asked? */
#pragma once

#include <stdbool.h>

#include "store.h"
#include "string-list.h"

struct ref;

/* rkt's pull policies. */
enum pull { PULL_NEW, PULL_NEVER, PULL_UPDATE };

/* Reads "new", "never" or "update".  Returns 0, or -1. */
int pull_parse(const char *text, enum pull *policy);

/*
 * Is the image to be asked for again although the store has one?  A file or
 * archive of this host is read anew whatever the policy; a hash is in the
 * store or nowhere, and what a digest names does not change; a URL is asked
 * when its answer is no longer fresh, by whichever policy but never; a name or
 * a tag when the policy is update.
 */
bool pull_again(int cas, const struct ref *ref, enum pull policy);

/* And may it be asked for if the store has none? */
bool pull_missing(const struct ref *ref, enum pull policy);

/*
 * Finds the image that is to be used, as image_find() does, which it is if
 * policy is NULL.  0 with *ask: it is to be asked for; without: nobody has it.
 */
int pull_find(int cas, const struct ref *ref, const enum pull *policy,
    char key[KEY_TEXT], struct strings *candidates, bool *ask);
