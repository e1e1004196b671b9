/* SPDX-License-Identifier: Apache-2.0 */
/* signer - who signed it: the steps that all kinds of image share */
#pragma once

#include <jansson.h>

#include "check.h"
#include "keystore.h"
#include "verdict.h"

/*
 * These end the process as filters do when something is wrong.  A title is
 * what messages call the image, escaped.
 */

/*
 * The keys that are trusted for name, which prefix_check() passes; NULL: all
 * keys there are.  keystore_free() frees them.
 */
struct keystore signer_keys(const char *name);

/*
 * What gpg says, alone with the keys of check->store in a home that is made
 * and removed here; the caller owns it.
 */
json_t *signer_facts(struct check *check, const char *title);

/* What gpg says of those keys; the caller owns it. */
json_t *signer_roster(const struct keystore *store, const char *title);

/*
 * Adds the member "verify" to the record: bytes of that digest were signed,
 * as the good verdict says; and prints who the signer is.
 */
void signer_accept(json_t *record, const char *digest,
    const struct verdict *verdict, const struct keystore *store);

/*
 * The bytes of a file that the record names, with a NUL after them; the caller
 * frees them.  What is it for messages: "signature".
 */
char *signer_read(const char *path, size_t max, size_t *length,
    const char *title, const char *what);
