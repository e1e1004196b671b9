/* SPDX-License-Identifier: Apache-2.0 */
/* unpack - the plain tree of an image, where an index cannot be mounted */
#pragma once

#include "fault.h"
#include "tree.h"

/*
 * Makes the files of a finished tree below the new and empty directory root,
 * data from the archive blob.  Devices are left out and counted: no node of an
 * image ever is on the host's file system.  Returns 0, or -1 with fault.
 */
int unpack_tree(int root, const struct tree *tree, int blob, unsigned *left_out,
    struct fault *fault);
