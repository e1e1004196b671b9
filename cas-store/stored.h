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
 * Gives the image its root file system, if it has none yet; info is changed.
 * *left_out says how many devices a tree lacks.  Likewise.
 */
int stored_render(int cas, const char *key, json_t *info, enum render_kind kind,
    unsigned *left_out, struct fault *fault);
