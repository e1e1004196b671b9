/* SPDX-License-Identifier: Apache-2.0 */
/* download - an image and its signature from a server, at the same time */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct endpoint;
struct pair;
struct web;

struct download_limits {
	int64_t size;    /* bytes of the image */
	int64_t seconds; /* for the image */
	int64_t slowest; /* bytes a second, on the average of half a minute */
};

struct download {
	const struct endpoint *endpoint;
	bool with_signature;
	const char *etag; /* of the image that the store has; NULL: none */
	const char *hash; /* that image.aci is to have, see spool_open() */
	const struct download_limits *limits;
};

/*
 * Downloads both into files of their own (the signature from the old place,
 * .sig, if there is none at endpoint->asc).  Goes on with what an earlier
 * run has left (keeper_expect() was told of it), asks for the rest when the
 * image breaks off, and comes back for a signature that the server defers.
 *
 * Returns 0 with the image, or with image->unchanged if it still is the one
 * with that ETag.  Or an exit status with *why for the caller to free: nothing
 * of the attempt is left, but to the keeper; another one may be tried.
 */
int download_image(struct web *web, const struct download *download,
    struct pair *image, char **why);
