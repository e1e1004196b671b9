/* SPDX-License-Identifier: Apache-2.0 */
/* oci-image - an image of a registry, from its manifest to its layers */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "alloc.h"
#include "arch.h"
#include "config.h"
#include "confine.h"
#include "digest.h"
#include "docker.h"
#include "document.h"
#include "escape.h"
#include "filter.h"
#include "keeper.h"
#include "lookaside.h"
#include "oci-image.h"
#include "oci.h"
#include "options.h"
#include "pair.h"
#include "parcel.h"
#include "prog.h"
#include "progress.h"
#include "ref.h"
#include "registry.h"
#include "scope.h"
#include "signatures.h"
#include "spool.h"
#include "store.h"
#include "url.h"
#include "want.h"
#include "web.h"

enum {
	INDEXES_MAX = 2,           /* one within the other, above a manifest */
	FOREVER = 365 * 24 * 3600, /* seconds */
};

/* What was looked up or opened while that was still possible. */
struct oci_image {
	const struct docker_ref *ref;
	const struct options *options;
	const struct oci_platform *platform;
	struct oci_platform host;
	struct web *web;
	struct registry *registry;
	char *lookaside; /* the place of signatures; NULL: not asked for */
	int beside;      /* its directory, if it is of this host; or -1 */
	int signature;   /* the user's own; or -1 */
	int cas;
	char *url;
	struct known known;
	struct parcel *parcel;
	char *etag; /* of what the reference names itself */
};

/* Has the user asked for an image of some platform? */
static bool
is_foreign(const struct options *options)
{
	return options->platform.os != NULL;
}

/* The directory of signatures of this host, before it cannot be had. */
static char *
open_beside(struct oci_image *image)
{
	autofree char *path =
	    image->lookaside == NULL ? NULL : url_path(image->lookaside);

	if (path == NULL)
		return NULL;
	*strrchr(path, '/') = '\0';
	image->beside = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (image->beside < 0 && errno != ENOENT && errno != ENOTDIR) {
		autofree char *shown = escape(path);

		filter_fail(EX_NOINPUT, "%s", shown);
	}
	return take_ptr(&path);
}

/* Besides servers, that directory may be asked. */
static void
give_up_rights(const char *beside)
{
	struct confine plan = confine_web;
	struct confine_path *paths;
	size_t count = 0;

	while (plan.paths[count].path != NULL)
		count++;
	paths = xcalloc(count + 2, sizeof *paths);
	memcpy(paths, plan.paths, count * sizeof *paths);
	paths[count] = (struct confine_path){ beside, CONFINE_READ };
	plan.paths = paths;
	keeper_confine(&plan);
	free(paths);
}

static void
prepare(struct oci_image *image)
{
	const struct options *options = image->options;
	autofree char *beside = NULL;

	image->signature =
	    options->signature == NULL ? -1 : pair_open(options->signature);
	if (!options->no_signature && image->signature < 0)
		image->lookaside = lookaside_find(image->ref);
	beside = open_beside(image);
	image->registry = registry_open(image->web, image->ref, options->flags);
	known_open();
	image->cas = store_open();
	oci_platform_host(&image->host);
	image->platform =
	    is_foreign(options) ? &options->platform : &image->host;
	give_up_rights(beside);
}

/* Gets what is wanted, or ends. */
static void
get(struct oci_image *image, struct want *wants, size_t count,
    struct progress *progress)
{
	char *why = NULL;
	int status =
	    registry_get(image->registry, wants, count, progress, &why);

	if (status != 0) {
		if (progress != NULL)
			progress_broken(progress);
		filter_failx(status, "%s", why);
	}
}

/* As it is written in a URL. */
static char *
below(const char *kind, const char *digest)
{
	return xasprintf("%s/%.6s:%s", kind, digest, digest + 7);
}

/* The first of the documents: what the reference names. */
static void
want_named(const struct docker_ref *ref, struct document *document)
{
	const char *digest = ref->digest;

	if (digest == NULL) {
		document->what = xasprintf("manifests/%s", ref->tag);
		document->want.by_tag = true;
	} else {
		document->digest = xasprintf("%.6s-%s", digest, digest + 7);
		document->what = below("manifests", document->digest);
	}
	document->want.size = -1;
}

/* Is it what the store has an image of? */
static bool
is_known(const struct oci_image *image)
{
	const char *etag = image->known.etag;

	return etag != NULL && strcmp(image->etag, etag) == 0;
}

/* What the index has for the platform. */
static void
want_entry(const struct oci_image *image, const struct oci_index *index,
    struct document *document)
{
	const struct oci_entry *entry =
	    oci_index_choose(index, image->platform);

	if (entry == NULL)
		filter_failx(EX_UNAVAILABLE, "%s: there is no image for %s/%s",
		    image->url, image->platform->os, image->platform->arch);
	document->digest = xstrdup(entry->blob.digest);
	document->type = xstrdup(entry->blob.type);
	document->what = below("manifests", document->digest);
	document->want.size = entry->blob.size;
	if (entry->blob.size > OCI_MANIFEST_MAX)
		filter_failx(EX_DATAERR, "%s: a manifest of more than %d bytes",
		    image->url, OCI_MANIFEST_MAX);
}

/* What the reference names itself; false: the store has that. */
static bool
get_named(struct oci_image *image, struct document *document)
{
	want_named(image->ref, document);
	if (image->known.etag != NULL)
		document->condition =
		    xasprintf("If-None-Match: %s", image->known.etag);
	document_prepare(document);
	get(image, &document->want, 1, NULL);
	image->etag = document->want.status == 304 ? xstrdup(image->known.etag)
						   : document_etag(document);
	return !is_known(image);
}

/* From an index to a manifest. */
static void
get_manifest(struct oci_image *image, struct document *document)
{
	for (int indexes = 0; document->manifest == NULL; indexes++) {
		struct document next = { 0 };

		if (indexes == INDEXES_MAX)
			filter_failx(EX_DATAERR,
			    "%s: too many indexes, one within the other",
			    image->url);
		want_entry(image, document->index, &next);
		document_free(document);
		*document = next;
		document_prepare(document);
		get(image, &document->want, 1, NULL);
	}
}

/* Writes the document that goes with the image. */
static void
put(struct spool *spool, const struct want *want)
{
	spool_open(spool, NULL);
	spool_write(spool, want->bytes, (size_t)want->done);
}

/* false: the store has the image. */
static bool
take_manifest(struct oci_image *image)
{
	struct document document = { 0 };
	struct parcel *parcel = image->parcel;

	if (!get_named(image, &document)) {
		document_free(&document);
		return false;
	}
	get_manifest(image, &document);
	put(&parcel->manifest, &document.want);
	parcel->digest = digest_bytes(
	    "sha256", document.want.bytes, (size_t)document.want.done);
	parcel->type = xstrdup(document.type);
	parcel->oci = document.manifest;
	document.manifest = NULL;
	document_free(&document);
	return true;
}

/* Does what is for arch, a label, run there? */
static bool
runs_on(const char *arch, const struct oci_platform *platform)
{
	const char *label = arch_label(platform->arch, platform->variant);

	return label != NULL &&
	       (strcmp(arch, label) == 0 || (strcmp(label, "armv7l") == 0 &&
						strcmp(arch, "armv6l") == 0));
}

/* What an image says of itself must be so. */
static void
check_config(struct oci_image *image, const struct image_config *config)
{
	const struct oci_platform *platform = image->platform;

	if (config->diff_ids.count != image->parcel->oci->layer_count)
		filter_failx(EX_DATAERR,
		    "%s: rootfs.diff_ids: %zu, and the manifest has %zu layers",
		    image->url, config->diff_ids.count,
		    image->parcel->oci->layer_count);
	if (strcmp(config->os, platform->os) != 0 ||
	    !runs_on(config->arch, platform))
		filter_failx(EX_UNAVAILABLE,
		    "%s: there is no image for %s/%s, but one for %s/%s",
		    image->url, platform->os, platform->arch, config->os,
		    config->arch);
}

static int
parse_config(const struct want *want, char **why)
{
	struct image_config *config =
	    config_parse(want->bytes, (size_t)want->done, why);

	config_free(config);
	return config == NULL ? -1 : 0;
}

static void
take_config(struct oci_image *image)
{
	struct parcel *parcel = image->parcel;
	const struct oci_blob *blob = &parcel->oci->config;
	autofree char *what = below("blobs", blob->digest);
	struct want want = { .what = what,
		.digest = blob->digest,
		.size = blob->size,
		.seconds = SMALL_SECONDS,
		.check = parse_config };
	struct image_config *config;
	char *why = NULL;

	if (blob->size > OCI_CONFIG_MAX)
		filter_failx(EX_DATAERR,
		    "%s: a configuration of more than %d bytes", image->url,
		    OCI_CONFIG_MAX);
	get(image, &want, 1, NULL);
	put(&parcel->config, &want);
	config = config_parse(want.bytes, (size_t)want.done, &why);
	check_config(image, config);
	parcel->diff_ids = config->diff_ids;
	config->diff_ids = (struct strings){ 0 };
	config_free(config);
	want_free(&want);
}

static void
check_sizes(
    const struct oci_image *image, const struct want *wants, size_t count)
{
	int64_t left = image->options->limits.size;

	for (size_t i = 0; i < count; i++) {
		if (wants[i].size > left)
			filter_failx(EX_DATAERR,
			    "%s: larger than allowed: layers of more than "
			    "%lld bytes",
			    image->url, (long long)image->options->limits.size);
		left -= wants[i].size;
	}
}

static void
take_layers(struct oci_image *image)
{
	struct parcel *parcel = image->parcel;
	struct want *wants = xcalloc(OCI_LAYERS_MAX, sizeof *wants);
	char *what[OCI_LAYERS_MAX];
	struct progress bar;
	int64_t size = 0;
	size_t count = 0;

	for (size_t i = 0; i < parcel->oci->layer_count; i++) {
		const struct oci_blob *layer = &parcel->oci->layers[i];

		if (parcel_has_layer(parcel, image->cas, i))
			continue;
		(void)fprintf(
		    stderr, "Downloading layer: %s\n", layer->digest + 7);
		what[count] = below("blobs", layer->digest);
		wants[count] = (struct want){ .what = what[count],
			.digest = layer->digest,
			.size = layer->size,
			.seconds = image->options->limits.seconds,
			.slowest = image->options->limits.slowest,
			.spool = &parcel->layers[i] };
		count++;
	}
	check_sizes(image, wants, count);
	progress_start(&bar, "layers");
	if (count > 0)
		get(image, wants, count, &bar);
	for (size_t i = 0; i < count; i++) {
		size += wants[i].size;
		want_free(&wants[i]);
		free(what[i]);
	}
	if (bar.terminal)
		progress_done(&bar, size);
	free(wants);
}

static void
take_signatures(struct oci_image *image)
{
	if (image->signature >= 0)
		signatures_copy(
		    image->signature, image->options->signature, image->parcel);
	else if (image->lookaside != NULL)
		signatures_fetch(
		    image->web, image->lookaside, image->beside, image->parcel);
}

static void
end(struct oci_image *image)
{
	known_free(&image->known);
	registry_close(image->registry);
	oci_platform_free(&image->host);
	parcel_free(image->parcel);
	free(image->lookaside);
	free(image->etag);
	free(image->url);
	if (image->signature >= 0)
		(void)close(image->signature);
	if (image->beside >= 0)
		(void)close(image->beside);
	(void)close(image->cas);
	free(image);
}

static struct oci_image *
start(struct web *web, const struct options *options, const struct ref *ref)
{
	struct oci_image *image = xcalloc(1, sizeof *image);
	/* What the store remembers is this host's. */
	enum known_as as =
	    is_foreign(options) ? KNOWN_NOT : options_known_as(options);

	image->web = web;
	image->ref = &ref->docker;
	image->options = options;
	image->beside = -1;
	image->url = docker_ref_text(&ref->docker);
	prepare(image);
	known_take(image->url, as, &image->known);
	return image;
}

/* Until when it will do is known if a digest says what it is. */
static int64_t
max_age(const struct oci_image *image)
{
	return image->ref->digest != NULL ? FOREVER : 0;
}

/* The store remembers one image of a reference: the host's. */
static json_t *
whole_member(struct oci_image *image)
{
	json_t *member = parcel_member(image->parcel, image->url);

	if (is_foreign(image->options)) {
		const struct oci_platform *platform = image->platform;

		/* Who asks without it does not get this one. */
		(void)json_object_set_new(member, "platform",
		    json_sprintf("%s/%s%s%s", platform->os, platform->arch,
			platform->variant == NULL ? "" : "/",
			platform->variant == NULL ? "" : platform->variant));
		return member;
	}
	(void)json_object_set_new(member, "etag", json_string(image->etag));
	(void)json_object_set_new(
	    member, "maxAge", json_integer(max_age(image)));
	return member;
}

/* The member fetch. */
static json_t *
fetch(struct oci_image *image)
{
	image->parcel = parcel_new();
	if (image->known.fresh)
		return known_member(image->url, &image->known, NULL, -1);
	if (!take_manifest(image))
		return known_member(
		    image->url, &image->known, image->etag, max_age(image));
	take_signatures(image);
	take_config(image);
	take_layers(image);
	return whole_member(image);
}

void
oci_image_from_registry(json_t *record, struct web *web,
    const struct options *options, const struct ref *ref)
{
	struct oci_image *image = start(web, options, ref);

	if ((options->flags & WEB_HTTP) != 0)
		warnx("warning: registries over http have been allowed");
	if (image->known.fresh)
		options_say_fresh(ref->text);
	else
		options_announce(options, "fetching image from", ref->text);
	(void)json_object_set_new(record, "fetch", fetch(image));
	end(image);
}
