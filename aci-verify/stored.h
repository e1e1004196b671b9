/* SPDX-License-Identifier: Apache-2.0 */
/* stored - an image of the store: is its signer still trusted for it? */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "keystore.h"

/*
 * Does the record name an image of the store, and no file: after a fetch that
 * brought nothing ("fetch.unchanged"), or from cas-store get ("store")?
 */
bool stored_wanted(const json_t *record);

/*
 * The verification that was noted with that image, with the prefixes for which
 * its signer is trusted now: what verify is to be; the caller owns it.  Ends
 * the filter if nobody verified it (EX_DATAERR), if the key is not among those
 * in the store any more (EX_NOPERM), or if it was revoked or has expired
 * (EX_DATAERR).
 */
json_t *stored_receipt(
    const json_t *record, const struct keystore *store, const char *title);
