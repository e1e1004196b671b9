/* SPDX-License-Identifier: Apache-2.0 */
/* same - two trees of files, compared */
#pragma once

#include "fault.h"

/*
 * Is what has that name in the directories a and b the same, and all below it:
 * names, types, modes, owners, times, links, attributes, bytes?  Returns 0, or
 * -1 with a fault that names the first difference; name itself is called so.
 */
int same(
    int a, int b, const char *name, const char *called, struct fault *fault);
