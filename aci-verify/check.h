/* SPDX-License-Identifier: Apache-2.0 */
/* check - what gpg says about a file and its signature: facts, no verdict */
#pragma once

#include <jansson.h>

#include "home.h"
#include "openpgp.h"

/* Either a file and its detached signature, or a signed message. */
struct check {
	int file;         /* open for reading, at its start; -1: none */
	const char *text; /* signature or message, as it was downloaded */
	size_t length;
	const struct keystore *store;
	const struct home *home;
};

/*
 * Runs gpg on it, in a worker, and returns what the caller owns:
 *
 *	{"digest": "sha512-…", the hash of exactly the bytes that gpg read;
 *	    absent if it did not read the file to its end
 *	 "text": of the message, just as it was signed
 *	 "malformed": why that text is neither: gpg has not seen it
 *	 "engine": what is wrong with gpg itself, or
 *	 "failed": why gpg could make nothing of the signature, or
 *	 "signatures": [{"fingerprint": of the signing (sub)key, or its id,
 *	    "status": GPG_ERR_…, "summary": GPGME_SIGSUM_…, "hash": GPGME_MD_…,
 *	    "misused": boolean, "made": seconds since 1970, "expires": likewise,
 *	    0: never,
 *	    "key": {"fingerprint": of the primary key, "sound": boolean,
 *	        "identities": ["Name <mail>"]}}]}
 *
 * Texts other than "text" are escaped already, fingerprints in lower case;
 * "key" is there if the key is.  NULL with *why, a static text: there was no
 * answer in time.
 */
json_t *check_run(const struct check *check, const char **why);
