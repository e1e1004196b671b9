/* SPDX-License-Identifier: Apache-2.0 */
/* merge - one tree laid over another */
#pragma once

#include "entries.h"
#include "fault.h"
#include "tree.h"

/*
 * An image over its dependencies: what it has replaces what was there whole,
 * links are never followed.  A layer over those below: the same, but that
 * ".wh.NAME" takes NAME away, ".wh..wh..opq" all that the directory had, and
 * that directories which it does not name itself are looked for through the
 * symbolic links below.
 */
enum merge { MERGE_IMAGE, MERGE_LAYER };

/*
 * Lays the tree of the directory upper, which is no more afterwards, over that
 * of lower.  Directories become one, with the attributes of the upper one if
 * an entry names it.  Returns 0, or -1 with fault.
 */
int merge(struct tree *tree, struct entries *entries, uint32_t lower,
    uint32_t upper, enum merge how, struct fault *fault);

/*
 * What is at path below root, by way of symbolic links (but not the last one),
 * which cannot lead out of root.  0 if there is nothing.
 */
uint32_t merge_resolve(struct tree *tree, struct entries *entries,
    uint32_t root, const char *path);
