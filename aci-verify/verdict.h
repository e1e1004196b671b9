/* SPDX-License-Identifier: Apache-2.0 */
/* verdict - are these facts about a signature good enough? */
#pragma once

#include <stdint.h>
#include <time.h>

#include <jansson.h>

#include "keystore.h"

struct verdict {
	int status; /* 0: good; else EX_DATAERR, EX_NOPERM, EX_UNAVAILABLE */
	char *why;  /* what is wrong with it; the caller frees it */
	const json_t *key; /* good: the "key" of the facts, borrowed */
	int64_t expires;   /* when the signature does; 0: never */
};

/*
 * Judges the facts of check_run(): at least one signature must be fully valid,
 * not expired, by SHA-256 or better, by a sound key whose primary fingerprint
 * is in the store; and none may be bad, whoever made it and in whatever order
 * they stand.  A success of gpgme itself means nothing.
 */
struct verdict verdict_of(
    const json_t *facts, const struct keystore *store, time_t now);
