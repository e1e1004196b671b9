/* SPDX-License-Identifier: Apache-2.0 */
/* localkeys - adding keys to the local directory, and taking them away */
#pragma once

#include "keystore.h"

/*
 * Each is durable when it returns, and leaves the old file or the new one
 * whatever happens.  They return the path that they have written, for the
 * caller to free, or NULL with *why, which the caller frees too.
 */

/* A key, armoured, for that prefix ("": every name), in place of any. */
char *localkeys_add(const char *prefix, const char *fingerprint,
    const char *armoured, char **why);

/* An empty file that masks the system's. */
char *localkeys_mask(const struct trusted_key *key, char **why);

/* Removes a file of the local directory. */
char *localkeys_remove(const struct trusted_key *key, char **why);
