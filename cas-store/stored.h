/* SPDX-License-Identifier: Apache-2.0 */
/* stored - an image of the store, composed again */
#pragma once

#include "compose.h"
#include "render.h"

/*
 * Composes the image of that key, of which info is known, from the blobs of
 * the store.  It holds the store's lock.  Returns 0, or -1 with fault:
 * EX_NOINPUT, a dependency is missing.
 */
int stored_compose(
    struct compose *compose, const char *key, const json_t *info);

/*
 * Gives the image, found as reference, its root file system, if it has none
 * yet.  Says on stderr what was left out of it.  Returns its record for the
 * caller, or NULL with fault: EX_NOINPUT, as above.
 */
json_t *stored_render(int cas, const char *key, const char *reference,
    enum render_kind kind, struct fault *fault);
