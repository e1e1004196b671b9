/* SPDX-License-Identifier: Apache-2.0 */
/* intake - what a record brings, copied to where the store is */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "blob.h"
#include "fault.h"
#include "store.h"

/* An archive that was fetched, uncompressed; or one that the store has. */
struct taken {
	int file; /* as it was fetched; -1: it was not */
	int fd;   /* without a name; -1: it is in the store */
	struct blob blob;
	char name[KEY_TEXT]; /* what the store calls it */
};

struct intake {
	bool converted; /* an App Container made of docker or OCI layers, */
	char *manifest; /* whose manifest is not in an archive; else NULL */
	size_t manifest_length;
	char *id;
	struct taken *archives; /* the lowest first */
	size_t count;
	int64_t size; /* of the archives */
	int64_t read; /* of the files */
};

/* Is there anything to be taken in? */
bool intake_wanted(const json_t *record);

/*
 * Copies the record's archives to unnamed files in tmp, holding each to the
 * digests that it is said to have; the pipe's own files have no name any more
 * then.  Returns 0, or -1 with fault; intake_free() in any case.
 */
int intake_take(
    struct intake *intake, const json_t *record, int tmp, struct fault *fault);
void intake_free(struct intake *intake);
