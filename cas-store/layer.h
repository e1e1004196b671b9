/* SPDX-License-Identifier: Apache-2.0 */
/* layer - one of the archives that a docker or OCI image is made of */
#pragma once

#include "archive.h"

/*
 * All entries go to the archive's root as they are, whiteouts too: merge() is
 * for those.  Of a name that is there twice the last holds; absolute names are
 * taken from the root on.  A hard link may lead to the tree below, by way of
 * symbolic links.  Returns 0, or -1 with fault.
 */
int layer_read(struct archive *archive);
