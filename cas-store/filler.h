/* SPDX-License-Identifier: Apache-2.0 */
/* filler - fills files that are made, on a thread of its own
 *
 * To make a file costs about what it costs to fill it: one thread goes ahead
 * and makes them, another one follows.
 */
#pragma once

#include <stdbool.h>

#include "compose.h"

struct filler;

/* Both arguments of content_fill() and content_finish().  NULL: errno. */
struct filler *filler_start(const struct compose *compose, bool root_user);

/*
 * Takes the new file fd of that entry, which has neither extents nor extended
 * attributes, and its path.  0, or -1 with ECANCELED when another one has
 * failed: that is told at the end.
 */
int filler_add(
    struct filler *filler, int fd, const struct entry *entry, char *path);

/* Waits for all.  0, or -1 with errno and the path, which the caller frees. */
int filler_end(struct filler *filler, char **path);
