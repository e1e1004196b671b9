/* SPDX-License-Identifier: Apache-2.0 */
/* known - what the store has of a URL already, and whose turn it is to ask */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* Which of the store's images would do in place of a download. */
enum known_as {
	KNOWN_NOT,      /* none: it is to be downloaded */
	KNOWN_VERIFIED, /* one that somebody has verified */
	KNOWN_ANY,
};

struct known {
	char *id;        /* "sha512-" and 128 digits; NULL: there is none */
	char *etag;      /* to ask with; NULL: none */
	int64_t max_age; /* seconds, as the server said last */
	bool fresh;      /* it need not be asked again */
};

/*
 * Opens what the others use; to be called before the filter gives up its
 * rights, of which it needs to read cas/remote and cas/image.
 */
void known_open(void);

/*
 * Says what is known of the URL, for known_free().  From here on this process
 * is the only one that asks for it: where another does, that is said and
 * waited for first, and what has come of it is fresh by any means.  The lock
 * ends with known_release(), or with the last process that has the
 * descriptor: ours, or (rkt-store(5), "Locks") each of the pipe's.
 */
void known_take(const char *url, enum known_as as, struct known *known);
void known_release(void);
void known_free(struct known *known);

/*
 * The member fetch for an image that need not be fetched; the caller owns it.
 * etag and max_age are what the server answered, max_age -1 if it was not
 * asked.
 */
json_t *known_member(const char *url, const struct known *known,
    const char *etag, int64_t max_age);
