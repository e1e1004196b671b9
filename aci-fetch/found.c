/* SPDX-License-Identifier: Apache-2.0 */
/* found - one image of a layout or archive: which members it consists of */

#include <string.h>
#include <strings.h>

#include "actype.h"
#include "alloc.h"
#include "digest.h"
#include "escape.h"
#include "filter.h"
#include "found.h"
#include "members.h"
#include "parcel.h"
#include "prog.h"
#include "record.h"
#include "ref.h"
#include "scope.h"

/* "busybox:1.36" or "example.com/app" in full; NULL: it is no name. */
static char *
full_name(const char *name)
{
	autofree char *text = xasprintf("docker://%s", name);
	struct docker_ref docker;
	const char *why;
	char *full;

	if (strpbrk(name, "/:") == NULL ||
	    docker_ref_parse(text, &docker, &why) < 0)
		return NULL;
	full = docker_ref_text(&docker);
	docker_ref_free(&docker);
	return full;
}

/* What a file is called, without what says how it is packed. */
static char *
file_name(const char *path)
{
	static const char *const ends[] = { ".gz", ".xz", ".bz2", ".zst",
		".tar", ".tgz", ".oci" };
	const char *slash = strrchr(path, '/');
	autofree char *base = xstrdup(slash == NULL ? path : slash + 1);
	char *name;

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		size_t length = strlen(base), end = strlen(ends[i]);

		if (length > end &&
		    strcasecmp(base + length - end, ends[i]) == 0)
			base[length - end] = '\0';
	}
	name = acname_sanitise(base);
	return name == NULL ? xstrdup("image") : name;
}

char *
found_reference(const struct ref *ref, const char *name)
{
	char *full = name == NULL ? NULL : full_name(name);
	autofree char *file = NULL;
	autofree char *tagged = NULL;

	if (full != NULL)
		return full;
	file = file_name(ref->path);
	tagged = xasprintf("localhost/%s:%s", file, name == NULL ? "" : name);
	full = full_name(tagged);
	return full != NULL ? full
			    : xasprintf("docker://localhost/%s:latest", file);
}

bool
found_is_wanted(const struct ref *ref, const char *name)
{
	autofree char *has = NULL;
	autofree char *wants = NULL;
	const char *colon;

	if (ref->tag == NULL || (name != NULL && strcmp(name, ref->tag) == 0))
		return true;
	has = name == NULL ? NULL : full_name(name);
	if (has == NULL)
		return false;
	wants = full_name(ref->tag);
	if (wants != NULL)
		return strcmp(has, wants) == 0;
	colon = strrchr(has, ':');
	return strcmp(colon + 1, ref->tag) == 0;
}

void
found_nothing(const struct members *members, const struct ref *ref)
{
	autofree char *tag = escape(ref->tag == NULL ? "" : ref->tag);

	filter_failx(EX_NOINPUT, "%s: there is no image \"%s\" in it",
	    members_shown(members), tag);
}

static json_t *
describe(const struct members *members, const char *name, const char *type)
{
	autofree char *digest = NULL;
	int64_t size = 0;

	if (members_describe(members, name, &digest, &size) < 0)
		members_refuse(members, name, "is missing");
	digest[strlen("sha256")] = ':';
	return json_pack("{s:s, s:I, s:s}", "mediaType", type, "size",
	    (json_int_t)size, "digest", digest);
}

/*
 * Byte for byte the one that skopeo makes, which says gzip of every layer: so
 * a signature that skopeo made of it is one for ours.
 */
static char *
manifest_bytes(const struct members *members, const char *config,
    char *const names[], size_t count)
{
	json_t *layers = json_array();
	autojson json_t *manifest = json_pack("{s:i, s:s, s:o, s:o}",
	    "schemaVersion", 2, "mediaType", OCI_DOCKER_MANIFEST, "config",
	    describe(members, config, OCI_DOCKER_CONFIG), "layers", layers);

	for (size_t i = 0; i < count; i++)
		(void)json_array_append_new(
		    layers, describe(members, names[i], OCI_DOCKER_LAYER));
	return record_line(manifest);
}

void
found_make_manifest(struct members *members, const char *config,
    char *const names[], size_t count, struct found *found)
{
	autofree char *bytes = manifest_bytes(members, config, names, count);
	autofree char *digest = NULL;
	autofree char *why = NULL;
	struct parcel *parcel = found->parcel;

	parcel->digest = digest_bytes("sha256", bytes, strlen(bytes));
	parcel->type = xstrdup(OCI_DOCKER_MANIFEST);
	spool_open(&parcel->manifest, NULL);
	spool_write(&parcel->manifest, bytes, strlen(bytes));
	parcel->oci = oci_manifest_parse(bytes, strlen(bytes), &why);
	if (parcel->oci == NULL)
		members_refuse(members, "manifest", why);
	if (members_take(members, config, &parcel->config, &digest) < 0)
		members_refuse(members, config, "is missing");
	found->layers = xcalloc(count + 1, sizeof *found->layers);
	for (size_t i = 0; i < count; i++)
		found->layers[i] = xstrdup(names[i]);
}

void
found_free(struct found *found)
{
	for (char **name = found->layers; name != NULL && *name != NULL; name++)
		free(*name);
	free(found->layers);
	parcel_free(found->parcel);
	free(found->reference);
}
