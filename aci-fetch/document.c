/* SPDX-License-Identifier: Apache-2.0 */
/* document - a manifest, or an index of them, as a registry sends it */

#include <string.h>

#include "alloc.h"
#include "digest.h"
#include "docker.h"
#include "document.h"
#include "escape.h"
#include "record.h"
#include "scope.h"

enum { SECONDS = 60 };

/* Schema 1 is not asked for; who has nothing else sends it all the same. */
static const char accept[] =
    "Accept: application/vnd.oci.image.index.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.v2+json";

/* The type by the document itself; NULL: it does not say. */
static char *
own_type(const struct want *want)
{
	autofree char *why = NULL;
	autojson json_t *json =
	    json_parse(want->bytes, (size_t)want->done, &why);
	const char *type = record_string(json, "mediaType");

	return type == NULL ? NULL : xstrdup(type);
}

/* Who calls it otherwise, of those who call it something; or NULL. */
static const char *
contradiction(
    const struct document *document, const char *type, const char *own)
{
	if (own != NULL && strcmp(own, type) != 0)
		return own;
	if (document->type != NULL && strcmp(document->type, type) != 0)
		return document->type;
	return NULL;
}

/* The one type that header, index and document agree on; NULL with *why. */
static char *
agreed_type(const struct document *document, char **why)
{
	const char *header = document->want.type;
	autofree char *own = own_type(&document->want);
	const char *type = oci_is_vague(header) ? own : header;
	autofree char *shown = escape(type == NULL ? header : type);
	const char *other =
	    type == NULL ? NULL : contradiction(document, type, own);
	autofree char *differs = escape(other);

	if (type != NULL && oci_is_schema1(type))
		*why = xstrdup("a manifest of schema 1, which nobody can "
			       "verify: the image must be pushed again");
	else if (type == NULL ||
		 (!oci_is_index(type) && !oci_is_manifest(type)))
		*why = xasprintf("\"%s\" is no type of an image", shown);
	else if (other != NULL)
		*why = xasprintf("\"%s\", and elsewhere it is called \"%s\"",
		    shown, differs);
	else
		return xstrdup(type);
	return NULL;
}

/* A registry that says one digest and sends another is not to be believed. */
static bool
is_as_said(const struct want *want)
{
	autofree char *sum = NULL;

	if (want->given == NULL || !docker_digest_valid(want->given))
		return true;
	sum = digest_bytes(
	    strncmp(want->given, "sha512", 6) == 0 ? "sha512" : "sha256",
	    want->bytes, (size_t)want->done);
	return strcmp(sum + 7, want->given + 7) == 0;
}

static void
forget(struct document *document)
{
	oci_index_free(document->index);
	oci_manifest_free(document->manifest);
	document->index = NULL;
	document->manifest = NULL;
}

static int
check(const struct want *want, char **why)
{
	struct document *document = want->data;
	autofree char *type = NULL;
	size_t length = (size_t)want->done;

	forget(document);
	type = agreed_type(document, why);
	if (type == NULL)
		return -1;
	if (!is_as_said(want)) {
		*why = xstrdup("does not match the digest that came with it");
		return -1;
	}
	if (oci_is_index(type))
		document->index = oci_index_parse(want->bytes, length, why);
	else
		document->manifest =
		    oci_manifest_parse(want->bytes, length, why);
	if (document->index == NULL && document->manifest == NULL)
		return -1;
	free(document->type);
	document->type = take_ptr(&type);
	return 0;
}

void
document_prepare(struct document *document)
{
	struct want *want = &document->want;

	want->what = document->what;
	document->headers[0] = accept;
	document->headers[1] = document->condition;
	want->headers = document->headers;
	want->conditional = document->condition != NULL;
	want->digest = document->digest;
	want->max = OCI_MANIFEST_MAX;
	want->seconds = SECONDS;
	want->check = check;
	want->data = document;
}

char *
document_etag(const struct document *document)
{
	const struct want *want = &document->want;
	autofree char *sum =
	    digest_bytes("sha256", want->bytes, (size_t)want->done);

	return xasprintf("\"sha256:%s\"", sum + 7);
}

void
document_free(struct document *document)
{
	forget(document);
	want_free(&document->want);
	free(document->what);
	free(document->digest);
	free(document->condition);
	free(document->type);
	*document = (struct document){ 0 };
}
