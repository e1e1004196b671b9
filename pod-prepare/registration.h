/* SPDX-License-Identifier: Apache-2.0 */
/* registration - what makes a pod known to the metadata service */
#pragma once

#include <jansson.h>

#include "uuid.h"

/*
 * For a pod that is to be registered, as the choices (run.json) say: links the
 * manifest of each app's image as APP.manifest, and makes the pod's token.  It
 * may be done again.  0, or -1 and errno; ENOENT: an image is gone.
 */
int registration_make(
    int dir, const char uuid[UUID_SIZE], const json_t *choices);
