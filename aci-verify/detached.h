/* SPDX-License-Identifier: Apache-2.0 */
/* detached - an image file, and beside it a file with its signature */
#pragma once

#include <jansson.h>

/*
 * Verifies fetch.aci by fetch.asc for discover.name, and adds "verify"; ends
 * the process if that fails.  title is what messages call it, escaped.
 */
void detached_verify(json_t *record, const char *title);
