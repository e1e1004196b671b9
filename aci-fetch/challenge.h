/* SPDX-License-Identifier: Apache-2.0 */
/* challenge - what a registry says it wants to know before it answers */
#pragma once

#include <stdbool.h>

struct challenge {
	bool basic;  /* a user name and a password will do */
	char *realm; /* of Bearer: the URL that gives tokens; NULL: not asked */
	char *service; /* to be told there; may be NULL */
};

/*
 * Reads the value of WWW-Authenticate; several such headers are one with
 * commas between (RFC 9110, 11.6.1).  Schemes that we do not know are passed
 * over.  Returns 0, or -1 with *why, static; challenge_free() in both cases.
 */
int challenge_parse(
    const char *text, struct challenge *challenge, const char **why);
void challenge_free(struct challenge *challenge);

/*
 * The URL of a token for the scope: what the challenge says of that is not
 * heard.  NULL if the realm has a fragment; the caller frees it.
 */
char *challenge_url(const struct challenge *challenge, const char *scope);
