/* SPDX-License-Identifier: Apache-2.0 */
/* container - an image of a registry, and "simple signing" signatures of it */

#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "alloc.h"
#include "claim.h"
#include "container.h"
#include "digest.h"
#include "docker.h"
#include "filter.h"
#include "keystore.h"
#include "manifest.h"
#include "openpgp.h"
#include "record.h"
#include "scope.h"
#include "signer.h"

enum { SIGNATURES_MAX = 16 };

/* One image to be verified, with all that a signature of it is held to. */
struct container {
	json_t *record;
	const char *title;
	struct docker_ref asked;
	char *digest; /* of the manifest */
	struct keystore keys;
};

/*
 * As the user wrote it; what was fetched for it has to fit that.  What lies in
 * a file of his has the name that it is called by in there.
 */
static void
read_reference(struct container *container)
{
	const char *image = record_string(container->record, "image");
	const char *why = "there is none";

	if (image != NULL && strncmp(image, "docker:", 7) != 0)
		image = record_string(container->record, "fetch.reference");
	if (image == NULL || strncmp(image, "docker:", 7) != 0)
		filter_failx(EX_DATAERR,
		    "%s: only images of a registry are signed for a name",
		    container->title);
	if (docker_ref_parse(image, &container->asked, &why) < 0)
		filter_failx(EX_DATAERR, "%s: %s", container->title, why);
}

static void
read_manifest(struct container *container)
{
	const char *path = record_string(container->record, "fetch.manifest");
	const char *fetched = record_string(container->record, "fetch.digest");
	autofree char *bytes = NULL;
	size_t length = 0;

	if (path == NULL)
		filter_failx(EX_DATAERR, "record: fetch.manifest is no path");
	bytes = signer_read(
	    path, MANIFEST_MAX, &length, container->title, "manifest");
	container->digest = digest_sha256(bytes, length);
	if (container->digest == NULL)
		filter_failx(EX_SOFTWARE, "%s: cannot hash", container->title);
	if (fetched != NULL && strcmp(fetched, container->digest) != 0)
		filter_failx(EX_DATAERR,
		    "%s: the manifest has changed since it was fetched",
		    container->title);
}

static void
read_keys(struct container *container)
{
	autofree char *name = docker_ref_name(&container->asked);
	const char *wrong = prefix_check(name);

	if (wrong != NULL)
		filter_failx(EX_DATAERR, "%s: %s", container->title, wrong);
	container->keys = signer_keys(name);
}

/* In the form that is no valid name of an ACI, perhaps: localhost:5000/a_b. */
static void
accept(struct container *container, const struct verdict *verdict)
{
	autofree char *name = docker_ref_name(&container->asked);

	signer_accept(
	    container->record, container->digest, verdict, &container->keys);
	(void)json_object_set_new(json_object_get(container->record, "verify"),
	    "name", json_string(name));
}

/* The verdict on one signature: gpg's part of it, then what it speaks of. */
static struct verdict
judge(const struct container *container, const json_t *facts)
{
	struct verdict verdict =
	    verdict_of(facts, &container->keys, time(NULL));
	const char *text = record_string(facts, "text");
	autofree char *wrong = NULL;

	if (verdict.status != 0)
		return verdict;
	wrong = text == NULL
		    ? xstrdup("not a signature of an image")
		    : claim_check(text, &container->asked, container->digest);
	if (wrong != NULL)
		verdict = (struct verdict){
			.status = EX_DATAERR,
			.why = xasprintf("signature: %s", wrong),
		};
	return verdict;
}

/* False, with the worst that was found so far: it is not a good one. */
static bool
try_signature(
    struct container *container, const char *path, struct verdict *worst)
{
	struct check check = { .file = -1, .store = &container->keys };
	autofree char *bytes = NULL;
	autojson json_t *facts = NULL;
	struct verdict verdict;

	if (path == NULL)
		filter_failx(EX_DATAERR, "record: malformed fetch.signatures");
	bytes = signer_read(
	    path, OPENPGP_MAX, &check.length, container->title, "signature");
	check.text = bytes;
	facts = signer_facts(&check, container->title);
	verdict = judge(container, facts);
	if (verdict.status == 0) {
		accept(container, &verdict);
		return true;
	}
	/* That of a stranger says least, whatever their order. */
	if (worst->status == 0 || worst->status == EX_NOPERM) {
		free(worst->why);
		*worst = verdict;
	} else {
		free(verdict.why);
	}
	return false;
}

static void
try_signatures(struct container *container)
{
	const json_t *list = record_get(container->record, "fetch.signatures");
	struct verdict worst = { 0 };
	size_t count = json_array_size(list);

	if (count == 0)
		filter_failx(EX_DATAERR,
		    "%s: no signature (--insecure-options=image takes it "
		    "without)",
		    container->title);
	if (count > SIGNATURES_MAX)
		filter_failx(EX_DATAERR, "%s: more than %d signatures",
		    container->title, SIGNATURES_MAX);
	for (size_t i = 0; i < count; i++)
		if (try_signature(container,
			json_string_value(json_array_get(list, i)), &worst)) {
			free(worst.why);
			return;
		}
	filter_failx(worst.status, "%s: %s", container->title, worst.why);
}

void
container_verify(json_t *record, const char *title)
{
	struct container container = { .record = record, .title = title };

	read_reference(&container);
	read_manifest(&container);
	read_keys(&container);
	try_signatures(&container);
	docker_ref_free(&container.asked);
	free(container.digest);
	keystore_free(&container.keys);
}
