/* SPDX-License-Identifier: Apache-2.0 */
/* keystore - which keys are trusted for which names */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "openpgp.h"

/* Is it 40 or 64 hexadecimal digits in lower case? */
bool keystore_is_fingerprint(const char *text);

/*
 * A key file: trustedkeys/root.d/FINGERPRINT (prefix "", for every name) or
 * trustedkeys/prefix.d/PREFIX/FINGERPRINT.
 */
struct trusted_key {
	char *prefix;
	char *fingerprint; /* the file's name, 40 or 64 digits in lower case */
	char *path;
	struct openpgp key; /* one public key; none if it is masked or broken */
	bool system;        /* of the system's directory */
	bool masked;        /* a survey's: a local file takes its place */
	const char *broken; /* a survey's: why it counts for nothing; static */
};

struct keystore {
	struct trusted_key *keys;
	size_t count;
	bool all; /* not for one name, but every key there is */
};

/*
 * Can keys be trusted for names below this?  It must be an ACIdentifier, or the
 * full name of a repository or what stands before a slash of one
 * (localhost:5000, example.com/my_images).  NULL, or what is wrong, static.
 */
const char *prefix_check(const char *prefix);

/*
 * Reads the keys that are trusted for name, which prefix_check() must pass:
 * those of root.d and of every prefix that covers it at a slash, first in the
 * system's configuration directory, then in the local one, where an empty
 * file masks the system's of the same place.  name NULL: all keys there are.
 * Returns 0, or -1 with *why naming the file that is wrong (the caller frees
 * it).  The caller frees the keys with keystore_free() either way.
 */
int keystore_read(const char *name, struct keystore *store, char **why);

/*
 * The same of all keys, for somebody who looks after them: those that a local
 * file masks are there too, and broken ones.
 */
int keystore_survey(struct keystore *store, char **why);
void keystore_free(struct keystore *store);

/* Drops all but that one, which may lie below several prefixes. */
void keystore_keep(struct keystore *store, const char *fingerprint);

/*
 * The first of the keys with that one's fingerprint, which may be itself; they
 * lie below different prefixes, and one copy may be newer.
 */
const struct trusted_key *keystore_first(
    const struct keystore *store, const struct trusted_key *key);

/* The prefixes for which that key is trusted; the caller owns the array. */
json_t *keystore_prefixes(
    const struct keystore *store, const char *fingerprint);
