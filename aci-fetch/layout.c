/* SPDX-License-Identifier: Apache-2.0 */
/* layout - the images of an OCI layout */

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "actype.h"
#include "alloc.h"
#include "digest.h"
#include "escape.h"
#include "filter.h"
#include "found.h"
#include "members.h"
#include "oci.h"
#include "parcel.h"
#include "path.h"
#include "prog.h"
#include "record.h"
#include "ref.h"
#include "scope.h"

enum {
	DEPTH_MAX = 4,         /* of an index in an index … */
	LAYOUT_FILE_MAX = 4096 /* of oci-layout */
};

static char *
blob_name(const struct oci_blob *blob)
{
	return xasprintf("blobs/sha256/%s", blob->digest + strlen("sha256-"));
}

static char *
need_member(
    struct members *members, const char *name, size_t max, size_t *length)
{
	char *bytes = members_read(members, name, max, length);

	if (bytes == NULL)
		members_refuse(members, name, "is missing");
	return bytes;
}

/* Whatever is in the store of a layout, its name says what it must be. */
static void
check_blob(const struct members *members, const struct oci_blob *blob,
    const char *digest, int64_t size)
{
	if (strcmp(blob->digest, digest) != 0)
		filter_failx(EX_DATAERR,
		    "%s: blob %.23s...: its digest is "
		    "%.23s...",
		    members_shown(members), blob->digest, digest);
	if (blob->size != size)
		filter_failx(EX_DATAERR,
		    "%s: blob %.23s...: %lld bytes, not %lld",
		    members_shown(members), blob->digest, (long long)size,
		    (long long)blob->size);
}

static struct oci_index *
parse_index(const struct members *members, const char *bytes, size_t length)
{
	autofree char *why = NULL;
	struct oci_index *index = oci_index_parse(bytes, length, &why);

	if (index == NULL)
		filter_failx(
		    EX_DATAERR, "%s: index: %s", members_shown(members), why);
	return index;
}

static _Noreturn void
not_for_us(const struct members *members)
{
	filter_failx(EX_NOINPUT, "%s: there is no image for %s/%s in it",
	    members_shown(members), host_os(), host_arch());
}

static const struct oci_entry *
for_host(const struct members *members, const struct oci_index *index)
{
	struct oci_platform host;
	const struct oci_entry *entry;

	oci_platform_host(&host);
	entry = oci_index_choose(index, &host);
	oci_platform_free(&host);
	if (entry == NULL)
		not_for_us(members);
	return entry;
}

/* Do all of them stand for one image, each for another machine? */
static bool
is_one(const struct oci_index *index)
{
	const char *name = index->entries[0].name;

	for (size_t i = 0; i < index->count; i++) {
		const struct oci_entry *entry = &index->entries[i];

		if (entry->platform.os == NULL ||
		    (name == NULL) != (entry->name == NULL) ||
		    (name != NULL && strcmp(name, entry->name) != 0))
			return false;
	}
	return true;
}

/* Among those that are wanted, borrowed, and no artifacts of other kinds. */
static const struct oci_entry *
choose_wanted(const struct members *members, const struct ref *ref,
    const struct oci_index *wanted)
{
	if (wanted->count == 0)
		found_nothing(members, ref);
	if (wanted->count == 1 && wanted->entries[0].platform.os == NULL)
		return wanted->entries;
	if (wanted->count > 1 && !is_one(wanted))
		filter_failx(EX_USAGE,
		    "%s: several images are in it: say which by :TAG",
		    members_shown(members));
	return for_host(members, wanted);
}

/* Sets *entry to a shallow copy of the one that is meant. */
static void
choose(const struct members *members, const struct ref *ref,
    const struct oci_index *index, struct oci_entry *entry)
{
	struct oci_index wanted = { .entries = xcalloc(
					index->count, sizeof *index->entries) };

	for (size_t i = 0; i < index->count; i++) {
		const struct oci_entry *e = &index->entries[i];

		if (found_is_wanted(ref, e->name) &&
		    (oci_is_manifest(e->blob.type) ||
			oci_is_index(e->blob.type)))
			wanted.entries[wanted.count++] = *e;
	}
	*entry = *choose_wanted(members, ref, &wanted);
	free(wanted.entries);
}

static void
copy_blob(struct oci_blob *to, const struct oci_blob *from)
{
	to->type = xstrdup(from->type);
	to->digest = xstrdup(from->digest);
	to->size = from->size;
}

/* The entry that is meant, through indexes in it, down to a manifest. */
static void
follow(struct members *members, const struct oci_entry *entry,
    struct oci_blob *manifest)
{
	struct oci_index *index = NULL;

	for (int depth = 0; oci_is_index(entry->blob.type); depth++) {
		autofree char *name = blob_name(&entry->blob);
		autofree char *bytes = NULL;
		autofree char *digest = NULL;
		struct oci_index *inner;
		size_t length = 0;

		if (depth == DEPTH_MAX)
			filter_failx(EX_DATAERR, "%s: index: more than %d deep",
			    members_shown(members), DEPTH_MAX);
		bytes = need_member(members, name, OCI_MANIFEST_MAX, &length);
		digest = digest_bytes("sha256", bytes, length);
		check_blob(members, &entry->blob, digest, (int64_t)length);
		inner = parse_index(members, bytes, length);
		oci_index_free(index);
		index = inner;
		entry = for_host(members, index);
	}
	copy_blob(manifest, &entry->blob);
	oci_index_free(index);
}

/* A blob as a file of its own. */
static void
take_blob(
    struct members *members, const struct oci_blob *blob, struct spool *spool)
{
	autofree char *name = blob_name(blob);
	autofree char *digest = NULL;

	if (members_take(members, name, spool, &digest) < 0)
		members_refuse(members, name, "is missing");
	check_blob(members, blob, digest, spool->size);
}

static void
read_manifest(
    struct members *members, const struct oci_blob *blob, struct parcel *parcel)
{
	autofree char *bytes = NULL;
	autofree char *why = NULL;
	size_t length = 0;

	take_blob(members, blob, &parcel->manifest);
	bytes = path_read_fd(parcel->manifest.fd, OCI_MANIFEST_MAX, &length);
	if (bytes == NULL)
		members_refuse(members, "manifest", strerror(errno));
	parcel->oci = oci_manifest_parse(bytes, length, &why);
	if (parcel->oci == NULL)
		members_refuse(members, "manifest", why);
	if (parcel->oci->type != NULL &&
	    strcmp(parcel->oci->type, blob->type) != 0)
		members_refuse(
		    members, "manifest", "mediaType: not what the index says");
	parcel->type = xstrdup(blob->type);
	parcel->digest = xstrdup(blob->digest);
	take_blob(members, &parcel->oci->config, &parcel->config);
}

static void
name_layers(struct found *found)
{
	const struct oci_manifest *oci = found->parcel->oci;

	found->layers = xcalloc(oci->layer_count + 1, sizeof *found->layers);
	for (size_t i = 0; i < oci->layer_count; i++)
		found->layers[i] = blob_name(&oci->layers[i]);
}

/* Of a later version nobody knows what it means. */
static void
check_layout(struct members *members)
{
	size_t length = 0;
	autofree char *bytes =
	    need_member(members, "oci-layout", LAYOUT_FILE_MAX, &length);
	autofree char *why = NULL;
	autojson json_t *json = json_parse(bytes, length, &why);
	const char *version =
	    json == NULL ? NULL : record_string(json, "imageLayoutVersion");

	if (json == NULL)
		members_refuse(members, "oci-layout", why);
	if (version == NULL || strncmp(version, "1.", 2) != 0)
		members_refuse(
		    members, "oci-layout", "imageLayoutVersion: is not 1.0.0");
}

void
layout_find(struct members *members, const struct ref *ref, struct found *found)
{
	size_t length = 0;
	autofree char *bytes =
	    need_member(members, "index.json", OCI_MANIFEST_MAX, &length);
	struct oci_index *index = parse_index(members, bytes, length);
	struct oci_blob manifest = { 0 };
	struct oci_entry entry;

	check_layout(members);
	choose(members, ref, index, &entry);
	follow(members, &entry, &manifest);
	read_manifest(members, &manifest, found->parcel);
	name_layers(found);
	found->reference = found_reference(ref, entry.name);
	free(manifest.type);
	free(manifest.digest);
	oci_index_free(index);
}
