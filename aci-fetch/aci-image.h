/* SPDX-License-Identifier: Apache-2.0 */
/* aci-image - an App Container image, from servers or from a file */
#pragma once

#include <jansson.h>

struct endpoints;
struct options;
struct web;

/*
 * Each adds the member fetch to the record: files that belong to the pipe, or
 * the image that the store has if it is the same.  They give up all rights
 * first but those of reading from there and writing in the store's tmp, and end
 * the filter if the image cannot be had, from any of the endpoints.
 */
void aci_image_from_servers(json_t *record, struct web *web,
    const struct options *options, const struct endpoints *endpoints);
void aci_image_from_file(
    json_t *record, const struct options *options, const char *path);
