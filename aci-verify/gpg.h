/* SPDX-License-Identifier: Apache-2.0 */
/* gpg - a gpgme context in a home of ours */
#pragma once

#include <stdbool.h>

#include <gpgme.h>
#include <jansson.h>

#include "keystore.h"

/*
 * Starts gpgme in this process, for good, with that home, which holds the
 * first copy of each key of the store (NULL: none); the others are merged.  A
 * worker calls it, once: it sets the environment.
 */
gpgme_error_t gpg_start(
    const char *home, const struct keystore *store, gpgme_ctx_t *context);

/* Adds keys to the ring, merging copies of one key.  None at all is an error.
 */
gpgme_error_t gpg_import(gpgme_ctx_t context, const struct openpgp *keys);

/* The identities that are neither revoked nor invalid, escaped; owned. */
json_t *gpg_identities(gpgme_key_t key);

/* The fingerprint, or whatever gpgme has of it, in lower case; owned. */
json_t *gpg_fingerprint(const char *text);

/* May this key still be used, as far as its owner says? */
bool gpg_key_usable(gpgme_key_t key);

/*
 * Is that key, or that part of one, of an algorithm and a length that nobody
 * breaks: RSA of 2048 bits, curves of 255 bits or more?  DSA, as people have
 * it, hangs on SHA-1 and on 1024 bits, and no newer key is one.
 */
bool gpg_is_strong(gpgme_subkey_t part);

/* Is it strong, for signing, and neither revoked nor expired? */
bool gpg_can_sign(gpgme_subkey_t part);
