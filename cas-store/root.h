/* SPDX-License-Identifier: Apache-2.0 */
/* root - the root file system of an image, mounted if need be */
#pragma once

#include <jansson.h>

/*
 * Each returns the absolute path, for the caller to free, or NULL and errno.
 * Of an image of the store, of which info is known; ENOENT: it has none yet.
 */
char *root_of_image(int cas, const char *key, const json_t *info);

/* Of one that a pod has linked in its directory: KEY.index and the archives
 * KEY.0, KEY.1 and so on, or KEY.tree. */
char *root_of_pod(const char *pod, const char *key);
