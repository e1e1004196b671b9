/* SPDX-License-Identifier: Apache-2.0 */
/* checks - is this the image that was asked for and verified? */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "blob.h"
#include "fault.h"
#include "manifest.h"

/*
 * Before anything is read: the record says that the image was verified, or
 * nobody insists.  Each of these returns 0, or -1 with fault.
 */
int check_verified(const json_t *record, bool insecure, struct fault *fault);

/* The bytes that were stored are those that were verified and downloaded. */
int check_digests(
    const json_t *record, const struct blob *blob, struct fault *fault);

/* The same for a layer: it was transported under that digest, and is that. */
int check_layer(const json_t *layer, const char *id, const struct blob *blob,
    struct fault *fault);

/* The bytes of a manifest that aci-convert wrote are those of that id. */
int check_converted(
    const char *bytes, size_t length, const char *id, struct fault *fault);

/*
 * The manifest has the name and labels that were asked for, the signer may
 * sign that name (of a converted image aci-convert has checked that, by the
 * name as it was written), and the image is for this host.
 */
int check_manifest(const json_t *record, const struct image_manifest *manifest,
    struct fault *fault);

/* Was no version asked for, so that this is the latest? */
bool check_is_latest(const json_t *record);
