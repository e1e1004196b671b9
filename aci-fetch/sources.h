/* SPDX-License-Identifier: Apache-2.0 */
/* sources - where a registry's images are: its mirrors, and itself */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "string-list.h"

struct docker_ref;

enum { SOURCES_MAX = 16 }; /* mirrors, and the registry itself */

struct source {
	char *host;       /* HOST or HOST:PORT, lower case */
	char *repository; /* there */
	bool digest_only; /* what a tag stands for is asked elsewhere */
};

struct sources {
	const struct docker_ref *ref;
	struct source list[SOURCES_MAX]; /* in the order of asking */
	size_t count;
	/* Beside those that token.h allows, these may be told the user's name
	 * and password at the registry itself, for a token. */
	struct strings token_servers;
	enum { SOURCES_NONE, SOURCES_HERE, SOURCES_BEFORE } found;
};

/*
 * For the image of ref, which stays the caller's: by the files
 * registry.d/NAME.json of the configuration.  What the local one says of a
 * registry counts alone, and the registry itself is the last source.  The
 * filter ends with EX_CONFIG if a file cannot be used.
 */
struct sources *sources_read(const struct docker_ref *ref);
void sources_free(struct sources *sources);

/*
 * The same by hand, for tests: sources_add() takes one file's text and returns
 * 0, or -1 with *why, "member: what is wrong", for the caller to free.
 */
struct sources *sources_new(const struct docker_ref *ref);
int sources_add(
    struct sources *sources, const char *bytes, size_t length, char **why);
