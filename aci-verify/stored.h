/* SPDX-License-Identifier: Apache-2.0 */
/* stored - an image of the store: is its signer still trusted for it? */
#pragma once

#include <jansson.h>
#include <stdbool.h>

/*
 * Does the record name an image of the store, and no file: after a fetch that
 * brought nothing ("fetch.unchanged"), or from cas-store get ("store")?
 */
bool stored_is(const json_t *record);

/*
 * Checks that whoever signed that image is still trusted for its name, and adds
 * what was noted then as "verify"; ends the process if not.  title is what
 * messages call it, escaped.
 */
void stored_verify(json_t *record, const char *title);
