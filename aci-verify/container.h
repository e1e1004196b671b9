/* SPDX-License-Identifier: Apache-2.0 */
/* container - an image of a registry, and "simple signing" signatures of it */
#pragma once

#include <jansson.h>

/*
 * Verifies fetch.manifest by fetch.signatures, of which one must be good, for
 * the repository that the image is asked for by; adds "verify", or ends the
 * process.  title is what messages call it, escaped.
 */
void container_verify(json_t *record, const char *title);
