/* SPDX-License-Identifier: Apache-2.0 */
/* oci-image - an image of a registry, from its manifest to its layers */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "known.h"

struct docker_ref;
struct oci_platform;
struct web;

struct oci_image_options {
	unsigned flags; /* of web.h */
	bool no_signature;
	const char *signature; /* a file in place of the image's own; or NULL */
	const struct oci_platform *platform; /* NULL: this host's */
	int64_t size;                        /* bytes of all layers */
	int64_t seconds;                     /* for them */
	enum known_as as;                    /* which of the store's would do */
};

/* An image on its way. */
struct oci_image;

/*
 * Reads the configuration, gives up all rights but those of asking servers and
 * writing in the store's tmp, and waits until nobody else asks for this image.
 * The filter ends if something is wrong, with this and the following.  ref and
 * options stay the caller's, and in use.
 */
struct oci_image *oci_image_open(struct web *web, const struct docker_ref *ref,
    const struct oci_image_options *options);

/* Need nobody be asked, since the store has it? */
bool oci_image_is_fresh(const struct oci_image *image);

/*
 * Fetches it, unless it is fresh or has not changed.  Returns the member
 * "fetch", for the caller, and ends the image.
 */
json_t *oci_image_fetch(struct oci_image *image);
