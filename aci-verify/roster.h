/* SPDX-License-Identifier: Apache-2.0 */
/* roster - what gpg says of keys: whose they are, and what they are worth */
#pragma once

#include <gpgme.h>
#include <jansson.h>

#include "home.h"

/*
 * The keys in the ring of a context, for a worker; the caller owns
 *
 *	[{"fingerprint": in lower case, "state": "good", "revoked", "expired",
 *	    "weak" or "unfit" (not for signing, or not valid at all),
 *	    "identities": ["Name <mail>"], escaped}]
 */
json_t *roster_list(gpgme_ctx_t context);

/*
 * The same of the keys of a store, by a worker with that home, which holds
 * them.  NULL with *why, for the caller to free.
 */
json_t *roster_read(
    const struct home *home, const struct keystore *store, char **why);

/* One of them, borrowed; NULL: gpg does not know that key. */
const json_t *roster_find(const json_t *roster, const char *fingerprint);
