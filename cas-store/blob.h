/* SPDX-License-Identifier: Apache-2.0 */
/* blob - an image file's tar into the store, hashed on its way */
#pragma once

#include <stdint.h>

#include "fault.h"
#include "hasher.h"

struct blob {
	uint64_t size;            /* of the tar */
	uint64_t read;            /* of the file */
	char id[DIGEST_TEXT];     /* of the tar */
	char digest[DIGEST_TEXT]; /* of the file as it was read */
};

/*
 * Reads the image file from, inflates it if needed and writes the tar to the
 * descriptor to.  Each byte is read once, so what is hashed is what is stored,
 * whatever happens to the file meanwhile.  Refused: more than BLOB_MAX bytes,
 * or a bomb.  Returns 0, or -1 with fault.
 */
int blob_copy(
    int from, int to, enum hash hash, struct blob *blob, struct fault *fault);
