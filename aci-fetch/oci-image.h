/* SPDX-License-Identifier: Apache-2.0 */
/* oci-image - an image of a registry, from its manifest to its layers */
#pragma once

#include <jansson.h>

struct options;
struct ref;
struct web;

/*
 * Fetches the image that ref (REF_DOCKER) names, unless the store has it, and
 * adds the member fetch.  First it reads the configuration, gives up all rights
 * but those of asking servers, and waits until nobody else asks for this image.
 * What goes wrong ends the filter.
 */
void oci_image_from_registry(json_t *record, struct web *web,
    const struct options *options, const struct ref *ref);
