/* SPDX-License-Identifier: Apache-2.0 */
/* document - a manifest, or an index of them, as a registry sends it */
#pragma once

#include "oci.h"
#include "want.h"

struct document {
	struct want want; /* what to ask for; its bytes */
	char *what, *digest;
	char *condition;        /* If-None-Match: "sha256:…"; NULL: none */
	const char *headers[3]; /* to be sent */
	char *type; /* media type: what it should be, or then is; or NULL */
	struct oci_index *index; /* one of the two, once it is there */
	struct oci_manifest *manifest;
};

/*
 * Completes the want of what, digest and type, and of its size and by_tag that
 * the caller has set.  The document must stay where it is.
 */
void document_prepare(struct document *document);

/* The ETag that a registry gives it, for the caller. */
char *document_etag(const struct document *document);

void document_free(struct document *document);
