/* SPDX-License-Identifier: Apache-2.0 */
/* remote - what the store remembers of a URL: the image that it gave */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "store.h"

/* The file remote/HASH (rkt-store(5)). */
struct remote {
	char key[KEY_TEXT];
	char *etag;      /* NULL: the server gave none */
	int64_t max_age; /* seconds; 0: to be asked again each time */
	int64_t fetched; /* when the server said so, ns since 1970 */
};

/*
 * Returns 1 with *remote for remote_free(); 0 if nothing is known of the URL,
 * or what is there cannot be read as such (it is a cache); -1 and errno.
 */
int remote_read(int cas, const char *url, struct remote *remote);
void remote_free(struct remote *remote);

/* Durably, in place of what was known.  Returns 0, or -1 and errno. */
int remote_write(int cas, const char *url, const struct remote *remote);

/*
 * The id of the image, for the caller to free, if the store has all of it and,
 * when that matters, somebody has verified it; else NULL.
 */
char *remote_image(int cas, const struct remote *remote, bool verified);

/* May the image be used without asking the server again? */
bool remote_is_fresh(const struct remote *remote);
