/* SPDX-License-Identifier: Apache-2.0 */
/* unpack - the plain tree of an image, where an index cannot be mounted */
#pragma once

#include "compose.h"

/*
 * Makes the files of a composed image (compose_finish()) below the new and
 * empty directory root.  links is another one, where files of several names
 * have one more until the caller removes it.  Devices are left out and
 * counted: no node of an image is on the host's file system, unless the user
 * asks for it and left_out is NULL.  Returns 0, or -1 with fault.
 */
int unpack_tree(int root, int links, struct compose *compose,
    unsigned *left_out, struct fault *fault);
