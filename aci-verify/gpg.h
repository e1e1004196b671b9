/* SPDX-License-Identifier: Apache-2.0 */
/* gpg - a gpgme context in a home of ours */
#pragma once

#include <gpgme.h>
#include <jansson.h>

#include "keystore.h"
#include "openpgp.h"

/*
 * Starts gpgme in this process, for good, with that home.  A worker calls it,
 * once: it sets the environment.
 */
gpgme_error_t gpg_start(const char *home, gpgme_ctx_t *context);

/* Adds keys to the ring, merging copies of one key.  None at all is an error.
 */
gpgme_error_t gpg_import(gpgme_ctx_t context, const struct openpgp *keys);

/*
 * Adds those copies of the store's keys that differ from the first, which the
 * home has.
 */
gpgme_error_t gpg_merge(gpgme_ctx_t context, const struct keystore *store);

/*
 * The key whose part has that fingerprint, for gpgme_key_unref(); NULL: there
 * is none, or more than one.
 */
gpgme_key_t gpg_find(gpgme_ctx_t context, const char *fingerprint);

/* The identities that are neither revoked nor invalid, escaped; owned. */
json_t *gpg_identities(gpgme_key_t key);

/* The fingerprint, or whatever gpgme has of it, in lower case; owned. */
json_t *gpg_fingerprint(const char *text);

/* May this primary key still be used? */
int gpg_key_usable(gpgme_key_t key);
