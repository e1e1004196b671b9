/* SPDX-License-Identifier: Apache-2.0 */
/* place - one source of an image, and what it wants to know of who asks */
#pragma once

#include <stdbool.h>

struct auth;
struct source;
struct strings;
struct web;

struct place {
	const struct source *source;
	const struct strings *token_servers; /* as token.h has it */
	const char *scheme;
	char *login;         /* the user's there, "Basic …"; NULL: nobody's */
	char *helper;        /* who may know it, but is not asked; or NULL */
	char *authorization; /* what it wanted to see last; NULL: nothing */
	char *untold; /* a server of tokens that was not told the login */
	bool dead;    /* it did not answer at all */
};

/* The source stays the caller's. */
void place_open(struct place *place, const struct source *source,
    const struct auth *auth, const struct strings *token_servers);
void place_close(struct place *place);

/*
 * Does what the header WWW-Authenticate asks for, which becomes
 * place->authorization; http: a server of tokens may be asked by that.  Returns
 * 0, or an exit status with *why, safe to print, for the caller.
 */
int place_admit(struct place *place, struct web *web, bool http,
    const char *header, char **why);

/* Why it lets us not in, safe to print, for the caller. */
char *place_refusal(const struct place *place);
