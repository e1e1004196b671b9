/* SPDX-License-Identifier: Apache-2.0 */
/* parcel - the files of one image of docker or OCI kind, as a record has them
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "oci.h"
#include "spool.h"
#include "string-list.h"

enum { SIGNATURES_MAX = 16 };

struct parcel {
	struct spool manifest;
	struct spool config;
	char *digest; /* "sha256-…", of the manifest */
	char *type;   /* media type of the manifest */
	struct oci_manifest *oci;
	struct strings diff_ids; /* as many as oci has layers */
	/* As many; one that is not open is in the store, by its diffID. */
	struct spool layers[OCI_LAYERS_MAX];
	struct spool signatures[SIGNATURES_MAX];
	size_t signature_count;
};

/* An empty one, for the caller. */
struct parcel *parcel_new(void);
void parcel_free(struct parcel *parcel);

/*
 * Is the layer at index in the store (cas), by its diffID, or does one before
 * it in the image bring it?
 */
bool parcel_has_layer(const struct parcel *parcel, int cas, size_t index);

/*
 * The member "fetch", for the caller; the files get their names.  The filter
 * ends if that fails.
 */
json_t *parcel_member(struct parcel *parcel, const char *url);
