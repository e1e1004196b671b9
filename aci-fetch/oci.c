/* SPDX-License-Identifier: Apache-2.0 */
/* oci - the JSON that images of docker and OCI kind are described by */

#include <string.h>

#include "actype.h"
#include "alloc.h"
#include "arch.h"
#include "oci.h"
#include "record.h"
#include "scope.h"

#define DOCKER "application/vnd.docker."
#define OCI    "application/vnd.oci.image."

/* The types of each kind of thing; NULL ends a list. */
static const char *const index_types[] = { OCI "index.v1+json",
	DOCKER "distribution.manifest.list.v2+json", NULL };
static const char *const manifest_types[] = { OCI "manifest.v1+json",
	OCI_DOCKER_MANIFEST, NULL };
static const char *const config_types[] = { OCI "config.v1+json",
	OCI_DOCKER_CONFIG, NULL };
static const char *const layer_types[] = { OCI "layer.v1.tar",
	OCI "layer.v1.tar+gzip", OCI "layer.v1.tar+zstd", OCI_DOCKER_LAYER,
	DOCKER "image.rootfs.diff.tar", DOCKER "image.rootfs.diff.tar.zstd",
	NULL };

static bool
is_one_of(const char *type, const char *const *types)
{
	for (; *types != NULL; types++)
		if (strcmp(type, *types) == 0)
			return true;
	return false;
}

bool
oci_is_index(const char *type)
{
	return is_one_of(type, index_types);
}

bool
oci_is_manifest(const char *type)
{
	return is_one_of(type, manifest_types);
}

bool
oci_is_schema1(const char *type)
{
	static const char *const types[] = { DOCKER
		"distribution.manifest.v1+json",
		DOCKER "distribution.manifest.v1+prettyjws", NULL };

	return is_one_of(type, types);
}

bool
oci_is_vague(const char *type)
{
	static const char *const types[] = { "", "application/json",
		"application/octet-stream", "text/plain", NULL };

	return is_one_of(type, types);
}

/* As we write it, for the caller; NULL if it is none. */
static char *
digest_text(const char *text)
{
	if (strncmp(text, "sha256:", 7) != 0 || strlen(text) != 7 + 64 ||
	    text[7 + strspn(text + 7, "0123456789abcdef")] != '\0')
		return NULL;
	return xasprintf("sha256-%s", text + 7);
}

int
oci_digest(const struct spot *spot, char **digest)
{
	const char *text;

	if (spot_string(spot, &text) < 0)
		return -1;
	*digest = digest_text(text);
	return *digest != NULL ? 0
			       : spot_bad(spot, text,
				     "is not sha256: and 64 lower-case digits");
}

/* A descriptor, whose type is among types (NULL: any). */
static int
blob_read(
    const struct spot *spot, const char *const *types, struct oci_blob *blob)
{
	struct spot type, digest, size;

	if (spot_object(spot) < 0 ||
	    spot_need_text(spot, "mediaType", &blob->type) < 0 ||
	    spot_member(spot, "mediaType", &type) < 0)
		return -1;
	/* Layers to be had from somebody else only, and from where they say. */
	if (types == layer_types &&
	    (strstr(blob->type, ".foreign.") != NULL ||
		strstr(blob->type, ".nondistributable.") != NULL))
		return spot_bad(&type, blob->type, "is not fetched");
	if (types != NULL && !is_one_of(blob->type, types))
		return spot_bad(&type, blob->type, "is not a type of these");
	if (spot_member(spot, "digest", &digest) < 0 ||
	    oci_digest(&digest, &blob->digest) < 0 ||
	    spot_number(spot, "size", 0, INT64_MAX, &blob->size) < 0)
		return -1;
	if (spot_member(spot, "size", &size) < 0)
		return -1;
	return size.json != NULL ? 0 : spot_fail(&size, "is missing");
}

static void
blob_clear(struct oci_blob *blob)
{
	free(blob->type);
	free(blob->digest);
}

/*
 * An object of version 2 whose type, if it has one, is among types, and
 * without the member that the other kind of document consists of.
 */
static int
head_read(const struct spot *top, const char *const *types, const char *other,
    char **type)
{
	struct spot spot;
	int64_t version = 0;

	if (spot_object(top) < 0 || spot_member(top, "fsLayers", &spot) < 0)
		return -1;
	if (spot.json != NULL)
		return spot_fail(
		    &spot, "a manifest of schema 1, which nobody can verify");
	if (spot_number(top, "schemaVersion", 2, 2, &version) < 0 ||
	    spot_member(top, "schemaVersion", &spot) < 0)
		return -1;
	if (version == 0)
		return spot_fail(&spot, "is missing");
	if (spot_text(top, "mediaType", type) < 0 ||
	    spot_member(top, "mediaType", &spot) < 0)
		return -1;
	if (*type != NULL && !is_one_of(*type, types))
		return spot_bad(&spot, *type, "is not a type of these");
	if (spot_member(top, other, &spot) < 0)
		return -1;
	return spot.json == NULL
		   ? 0
		   : spot_fail(&spot, "an index and a manifest in one");
}

static int
layer_read(const struct spot *spot, void *element)
{
	return blob_read(spot, layer_types, element);
}

static int
manifest_read(const struct spot *top, struct oci_manifest *manifest)
{
	static const struct spot_kind layers = { sizeof(struct oci_blob), false,
		layer_read };
	struct spot spot;

	if (head_read(top, manifest_types, "manifests", &manifest->type) < 0 ||
	    spot_member(top, "config", &spot) < 0 ||
	    blob_read(&spot, config_types, &manifest->config) < 0 ||
	    spot_each(top, "layers", &layers, &manifest->layers,
		&manifest->layer_count) < 0 ||
	    spot_member(top, "layers", &spot) < 0)
		return -1;
	if (spot.json == NULL)
		return spot_fail(&spot, "is missing");
	if (manifest->layer_count > OCI_LAYERS_MAX)
		return spot_fail(
		    &spot, "has more than %d elements", OCI_LAYERS_MAX);
	return 0;
}

struct oci_manifest *
oci_manifest_parse(const char *bytes, size_t length, char **why)
{
	autojson json_t *json = NULL;
	struct spot top = { .name = "", .why = why };
	struct oci_manifest *manifest;

	*why = NULL;
	json = json_parse(bytes, length, why);
	if (json == NULL)
		return NULL;
	top.json = json;
	manifest = xcalloc(1, sizeof *manifest);
	if (manifest_read(&top, manifest) == 0)
		return manifest;
	oci_manifest_free(manifest);
	return NULL;
}

void
oci_manifest_free(struct oci_manifest *manifest)
{
	if (manifest == NULL)
		return;
	free(manifest->type);
	blob_clear(&manifest->config);
	for (size_t i = 0; i < manifest->layer_count; i++)
		blob_clear(&manifest->layers[i]);
	free(manifest->layers);
	free(manifest);
}

static int
platform_read(const struct spot *entry, struct oci_platform *platform)
{
	struct spot spot;

	if (spot_member(entry, "platform", &spot) < 0)
		return -1;
	if (spot.json == NULL)
		return 0;
	if (spot_object(&spot) < 0 ||
	    spot_need_text(&spot, "os", &platform->os) < 0 ||
	    spot_need_text(&spot, "architecture", &platform->arch) < 0)
		return -1;
	return spot_text(&spot, "variant", &platform->variant);
}

/* What it is called: in full, as containerd and docker note it, or a tag. */
static int
name_read(const struct spot *entry, char **name)
{
	struct spot spot;

	if (spot_member(entry, "annotations", &spot) < 0)
		return -1;
	if (spot.json == NULL)
		return 0;
	if (spot_object(&spot) < 0 ||
	    spot_text(&spot, "io.containerd.image.name", name) < 0)
		return -1;
	return *name != NULL ? 0
			     : spot_text(&spot,
				   "org.opencontainers.image.ref.name", name);
}

static int
entry_read(const struct spot *spot, void *element)
{
	struct oci_entry *entry = element;

	/* What is of another type is not for us, and no fault. */
	if (blob_read(spot, NULL, &entry->blob) < 0 ||
	    platform_read(spot, &entry->platform) < 0)
		return -1;
	return name_read(spot, &entry->name);
}

static int
index_read(const struct spot *top, struct oci_index *index)
{
	static const struct spot_kind entries = { sizeof(struct oci_entry),
		false, entry_read };
	struct spot spot;

	if (head_read(top, index_types, "layers", &index->type) < 0 ||
	    spot_each(top, "manifests", &entries, &index->entries,
		&index->count) < 0 ||
	    spot_member(top, "manifests", &spot) < 0)
		return -1;
	if (index->count == 0)
		return spot_fail(&spot, "has nothing in it");
	if (index->count > OCI_INDEX_MAX)
		return spot_fail(
		    &spot, "has more than %d elements", OCI_INDEX_MAX);
	return 0;
}

struct oci_index *
oci_index_parse(const char *bytes, size_t length, char **why)
{
	autojson json_t *json = NULL;
	struct spot top = { .name = "", .why = why };
	struct oci_index *index;

	*why = NULL;
	json = json_parse(bytes, length, why);
	if (json == NULL)
		return NULL;
	top.json = json;
	index = xcalloc(1, sizeof *index);
	if (index_read(&top, index) == 0)
		return index;
	oci_index_free(index);
	return NULL;
}

void
oci_index_free(struct oci_index *index)
{
	if (index == NULL)
		return;
	for (size_t i = 0; i < index->count; i++) {
		struct oci_entry *entry = &index->entries[i];

		blob_clear(&entry->blob);
		oci_platform_free(&entry->platform);
		free(entry->name);
	}
	free(index->type);
	free(index->entries);
	free(index);
}

const char *
oci_os_label(const char *os)
{
	static const char *const known[] = { "linux", "freebsd", "darwin" };

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(os, known[i]) == 0)
			return known[i];
	return NULL;
}

int
oci_platform_parse(const char *text, struct oci_platform *platform)
{
	size_t os = strcspn(text, "/");
	const char *arch = text + os + (text[os] == '/');
	size_t length = strcspn(arch, "/");
	const char *variant = arch + length + (arch[length] == '/');

	if (os == 0 || length == 0 || strchr(variant, '/') != NULL ||
	    (arch[length] == '/' && *variant == '\0'))
		return -1;
	*platform = (struct oci_platform){ .os = xstrndup(text, os),
		.arch = xstrndup(arch, length) };
	if (*variant != '\0')
		platform->variant = xstrdup(variant);
	return 0;
}

void
oci_platform_free(struct oci_platform *platform)
{
	free(platform->os);
	free(platform->arch);
	free(platform->variant);
	*platform = (struct oci_platform){ 0 };
}

void
oci_platform_host(struct oci_platform *platform)
{
	const char *variant = NULL;
	const char *arch = arch_of_label(host_arch(), &variant);

	*platform = (struct oci_platform){ .os = xstrdup(host_os()),
		.arch = xstrdup(arch != NULL ? arch : host_arch()) };
	if (variant != NULL)
		platform->variant = xstrdup(variant);
}

/*
 * How much a machine must be able to: the N of a variant vN, which runs what
 * is for fewer; -1: a variant of another form, which runs nothing else.
 */
static int
level(const struct oci_platform *platform)
{
	const char *variant = platform->variant;

	if (variant == NULL || *variant == '\0')
		return strcmp(platform->arch, "arm") == 0     ? 7
		       : strcmp(platform->arch, "arm64") == 0 ? 8
							      : 1;
	if (*variant != 'v' || variant[1] < '0' || variant[1] > '9' ||
	    variant[2] != '\0')
		return -1;
	return variant[1] - '0';
}

/* Does what is for this platform run on that one, and how well?  0: no. */
static int
rank(const struct oci_platform *this, const struct oci_platform *that)
{
	if (this->os == NULL || strcmp(this->os, that->os) != 0 ||
	    strcmp(this->arch, that->arch) != 0)
		return 0;
	if (level(this) < 0)
		return that->variant != NULL &&
		       strcmp(this->variant, that->variant) == 0;
	return level(this) <= level(that) ? level(this) + 1 : 0;
}

const struct oci_entry *
oci_index_choose(
    const struct oci_index *index, const struct oci_platform *platform)
{
	const struct oci_entry *best = NULL;
	int most = 0;

	for (size_t i = 0; i < index->count; i++) {
		const struct oci_entry *entry = &index->entries[i];
		int fits = rank(&entry->platform, platform);

		if (fits > most && (oci_is_manifest(entry->blob.type) ||
				       oci_is_index(entry->blob.type))) {
			best = entry;
			most = fits;
		}
	}
	return best;
}
