/* SPDX-License-Identifier: Apache-2.0 */
/* foreign - a pod's interface that CNI plugins make */
#pragma once

#include <stddef.h>

#include "wire.h"

/*
 * Has the plugins of the wire's network make it in netns, and takes what they
 * say of its addresses.  Returns 0, or -1 with *why, for the caller.
 */
int foreign_make(struct wire *wire, const char *uuid, int netns, char **why);

/* Has the plugins undo those of the wires, from the last one. */
void foreign_unmake(
    struct wire *wires, size_t count, const char *uuid, int netns);
