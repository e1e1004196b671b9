/* SPDX-License-Identifier: Apache-2.0 */
/* lower - the read-only tree of an image, which its pods share */
#pragma once

struct pod;

/*
 * A descriptor (O_PATH) of the root directory of the image that the pod links
 * as KEY.index: the mount of its index in the run directory, made by
 * cas-store if it is not there, or its unpacked tree.  id: sha512-<hex>.
 * Returns -1 with *why, which the caller frees.
 */
int lower_open(const struct pod *pod, const char *id, char **why);
