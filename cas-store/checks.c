/* SPDX-License-Identifier: Apache-2.0 */
/* checks - is this the image that was asked for and verified? */

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "actype.h"
#include "alloc.h"
#include "checks.h"
#include "escape.h"
#include "record.h"
#include "scope.h"

int
check_verified(const json_t *record, bool insecure, struct fault *fault)
{
	const json_t *verify = json_object_get(record, "verify");

	if (verify == NULL && insecure)
		return 0;
	if (verify == NULL)
		return fault_set(fault, EX_DATAERR,
		    "not verified (aci-verify, or --insecure)");
	if (record_string(verify, "digest") == NULL)
		return fault_set(
		    fault, EX_DATAERR, "the record has no verify.digest");
	return 0;
}

int
check_digests(
    const json_t *record, const struct blob *blob, struct fault *fault)
{
	const char *verified = record_string(record, "verify.digest");
	const char *fetched = record_string(record, "fetch.digest");

	if (verified != NULL && strcmp(verified, blob->digest) != 0)
		return fault_set(fault, EX_DATAERR,
		    "changed since it was verified: its digest is %.23s...",
		    blob->digest);
	if (fetched != NULL && strcmp(fetched, blob->digest) != 0)
		return fault_set(fault, EX_DATAERR,
		    "changed since it was downloaded: its digest is %.23s...",
		    blob->digest);
	return 0;
}

int
check_layer(const json_t *layer, const char *id, const struct blob *blob,
    struct fault *fault)
{
	const char *digest = record_string(layer, "digest");

	if (digest == NULL || strcmp(digest, blob->digest) != 0)
		return fault_set(fault, EX_DATAERR,
		    "layer %.19s...: not what the manifest names: its digest "
		    "is %.19s...",
		    id, blob->digest);
	if (strcmp(id, blob->id) != 0)
		return fault_set(fault, EX_DATAERR,
		    "layer %.19s...: not what the configuration names: it is "
		    "%.19s...",
		    id, blob->id);
	return 0;
}

int
check_converted(
    const char *bytes, size_t length, const char *id, struct fault *fault)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	char text[DIGEST_TEXT] = "sha512-";
	unsigned size = 0;

	if (EVP_Digest(bytes, length, digest, &size, EVP_sha512(), NULL) != 1)
		return fault_set(fault, EX_SOFTWARE, "libcrypto: no sha512");
	for (unsigned i = 0; i < size; i++)
		(void)snprintf(text + 7 + 2 * i, 3, "%02x", digest[i]);
	if (strcmp(text, id) == 0)
		return 0;
	return fault_set(fault, EX_DATAERR,
	    "manifest: changed since it was converted: its digest is %.23s...",
	    text);
}

static int
differs(
    struct fault *fault, const char *what, const char *has, const char *wanted)
{
	autofree char *one = escape(has == NULL ? "" : has);
	autofree char *two = escape(wanted);

	return fault_set(fault, EX_DATAERR,
	    "its manifest has %s \"%s\", not \"%s\" as asked for", what, one,
	    two);
}

static int
check_label(const struct image_manifest *manifest, const char *label,
    const char *wanted, struct fault *fault)
{
	const char *has = labels_get(&manifest->labels, label);
	autofree char *shown = escape(label);
	autofree char *what = xasprintf("the label %s", shown);

	if (wanted == NULL)
		return fault_set(fault, EX_DATAERR,
		    "the record's discover.labels are no strings");
	if (has == NULL || strcmp(has, wanted) != 0)
		return differs(fault, what, has, wanted);
	return 0;
}

static int
check_asked(const json_t *record, const struct image_manifest *manifest,
    struct fault *fault)
{
	const char *name = record_string(record, "discover.name");
	json_t *labels = record_get(record, "discover.labels");
	const char *label;
	json_t *value;

	if (json_object_get(record, "discover") == NULL)
		return 0; /* a URL or file: the name was not known */
	if (name == NULL)
		return fault_set(
		    fault, EX_DATAERR, "the record has no discover.name");
	if (strcmp(manifest->name, name) != 0)
		return differs(fault, "the name", manifest->name, name);
	json_object_foreach(labels, label,
	    value) if (check_label(manifest, label, json_string_value(value),
			   fault) < 0) return -1;
	return 0;
}

/* Whoever signed it was trusted for some names only. */
static int
check_signer(const json_t *record, const struct image_manifest *manifest,
    struct fault *fault)
{
	const json_t *prefixes = record_get(record, "verify.prefixes");
	size_t i;
	json_t *prefix;

	if (json_object_get(record, "verify") == NULL ||
	    json_object_get(record, "convert") != NULL)
		return 0;
	json_array_foreach(prefixes, i, prefix)
	{
		const char *text = json_string_value(prefix);

		/* A root key is for all names. */
		if (text != NULL &&
		    (*text == '\0' || name_has_prefix(manifest->name, text)))
			return 0;
	}
	return fault_set(fault, EX_NOPERM,
	    "signed by a key that is not trusted for its name \"%s\"",
	    manifest->name);
}

int
check_manifest(const json_t *record, const struct image_manifest *manifest,
    struct fault *fault)
{
	autofree char *unfit = NULL;

	if (check_asked(record, manifest, fault) < 0 ||
	    check_signer(record, manifest, fault) < 0)
		return -1;
	unfit = image_manifest_unfit(manifest);
	if (unfit != NULL)
		return fault_set(fault, EX_DATAERR, "%s", unfit);
	return 0;
}

bool
check_is_latest(const json_t *record)
{
	return record_string(record, "discover.name") != NULL &&
	       record_string(record, "discover.labels.version") == NULL;
}
