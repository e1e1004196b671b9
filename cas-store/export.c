/* SPDX-License-Identifier: Apache-2.0 */
/* export - an image of the store in a form that others read */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "alloc.h"
#include "copy.h"
#include "export.h"
#include "image.h"
#include "ociconfig.h"
#include "path.h"
#include "publish.h"
#include "record.h"
#include "scope.h"
#include "stored.h"
#include "unpack.h"

#define DOCKER "appc.io/docker/"
#define OCI    "application/vnd.oci.image."

int
export_open(struct export *image, int cas, const char *key, bool alone,
    struct fault *fault)
{
	autofree char *path = xasprintf("image/%s/manifest", key);
	autofree char *why = NULL;

	*image = (struct export){ .cas = cas,
		.tmp = store_dir(cas, "tmp"),
		.alone = alone,
		.info = image_load(cas, key),
		.fault = fault };
	store_key(key, image->key);
	if (image->tmp < 0 || image->info == NULL)
		return fault_errno(fault, "%s", key);
	image->bytes = path_read(cas, path, MANIFEST_MAX, &image->length);
	if (image->bytes == NULL)
		return fault_errno(fault, "%s", path);
	image->manifest =
	    image_manifest_parse(image->bytes, image->length, &why);
	if (image->manifest == NULL)
		return fault_set(fault, EX_DATAERR, "%s: %s", path, why);
	return 0;
}

void
export_close(struct export *image)
{
	if (image->tmp >= 0)
		(void)close(image->tmp);
	json_decref(image->info);
	free(image->bytes);
	image_manifest_free(image->manifest);
}

/* Of docker or OCI kind, with its layers as they came? */
static bool
is_layered(const struct export *image)
{
	return json_object_get(image->info, "layers") != NULL;
}

/* The archive is the image, and nothing else has a part in it. */
static bool
is_plain(const struct export *image)
{
	return !is_layered(image) && image->manifest->dependency_count == 0;
}

/* The image's own files, all of them. */
static int
compose_alone(struct export *image, struct compose *compose)
{
	const struct strings all = { 0 };
	uint32_t device = compose_blob(compose, image->key);

	if (device == 0 ||
	    compose_image(compose, device, image->key, NULL, &all) < 0)
		return -1;
	return compose_finish(compose);
}

/* compose_stop() in any case. */
static int
compose(struct export *image, struct compose *compose)
{
	compose_start(compose, image->cas, image->tmp, image->fault);
	return image->alone && !is_layered(image)
		   ? compose_alone(image, compose)
		   : stored_compose(compose, image->key, image->info);
}

static int
open_blob(const struct export *image, const char *blob)
{
	autofree char *path = store_blob(blob);
	int fd = openat(image->cas, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		(void)fault_errno(image->fault, "%s", path);
	return fd;
}

/* Byte for byte, so that its id stays. */
static int
copy_blob(const struct export *image, int fd)
{
	autofd int blob = open_blob(image, image->key);
	struct stat file;

	if (blob < 0)
		return -1;
	if (fstat(blob, &file) < 0 ||
	    copy_range(blob, 0, fd, 0, (uint64_t)file.st_size) < 0)
		return fault_errno(image->fault, "copy");
	return 0;
}

/* What is no longer true of an image that is all in one archive. */
static bool
is_gone(const json_t *annotation)
{
	const char *name = record_string(annotation, "name");

	return name != NULL && (strcmp(name, DOCKER "layers") == 0 ||
				   strcmp(name, DOCKER "config") == 0);
}

/* The manifest of the flat image; the caller frees it. */
static char *
flat_manifest(const struct export *image)
{
	autofree char *why = NULL;
	autojson json_t *json = json_parse(image->bytes, image->length, &why);
	json_t *annotations = json_object_get(json, "annotations");

	(void)json_object_del(json, "dependencies");
	(void)json_object_del(json, "pathWhitelist");
	for (size_t i = json_array_size(annotations); i-- > 0;)
		if (is_gone(json_array_get(annotations, i)))
			(void)json_array_remove(annotations, i);
	return record_line(json);
}

static int
write_flat(
    struct export *image, struct compose *tree, struct archiver *archiver)
{
	autofree char *manifest = flat_manifest(image);

	if (archiver_bytes(archiver, "manifest", manifest, strlen(manifest)) <
	    0)
		return -1;
	return archiver_tree(archiver, "rootfs", tree);
}

int
export_aci(struct export *image, int fd)
{
	struct compose tree;
	struct archiver *archiver = NULL;
	int result;

	if (is_plain(image))
		return copy_blob(image, fd);
	result = compose(image, &tree);
	if (result == 0)
		archiver = archiver_start(fd, image->fault);
	if (archiver != NULL) {
		result = write_flat(image, &tree, archiver);
		if (archiver_finish(archiver, result == 0) < 0)
			result = -1;
	}
	compose_stop(&tree);
	return archiver == NULL ? -1 : result;
}

static json_t *
descriptor(const char *type, const struct blob_name *name)
{
	return json_pack("{s:s, s:s, s:I}", "mediaType", type, "digest",
	    name->digest, "size", (json_int_t)name->size);
}

static void
add_layer(json_t *layers, json_t *diff_ids, const struct blob_name *name)
{
	(void)json_array_append_new(
	    layers, descriptor(OCI "layer.v1.tar", name));
	(void)json_array_append_new(diff_ids, json_string(name->digest));
}

/* A layer of the store, whose name is its digest. */
static int
put_layer(const struct export *image, struct layout *layout, const char *blob,
    struct blob_name *name)
{
	autofd int fd = open_blob(image, blob);
	struct stat file;

	if (fd < 0)
		return -1;
	if (fstat(fd, &file) < 0)
		return fault_errno(image->fault, "%s", blob);
	name->size = (uint64_t)file.st_size;
	memcpy(name->digest, blob, sizeof name->digest);
	name->digest[strlen("sha256")] = ':';
	return layout_file(layout, fd, name);
}

/* Where in the list the blob is for the first time. */
static size_t
first_of(const json_t *blobs, const char *blob)
{
	size_t i = 0;

	while (strcmp(json_string_value(json_array_get(blobs, i)), blob) != 0)
		i++;
	return i;
}

/* The same layer may be there twice, but its blob only once. */
static int
put_layers(const struct export *image, struct layout *layout, json_t *layers,
    json_t *diff_ids)
{
	const json_t *blobs = json_object_get(image->info, "layers");

	for (size_t i = 0; i < json_array_size(blobs); i++) {
		const char *blob = json_string_value(json_array_get(blobs, i));
		struct blob_name name;
		size_t first;

		if (blob == NULL || !store_is_blob(blob))
			return fault_set(
			    image->fault, EX_DATAERR, "damaged: layers");
		first = first_of(blobs, blob);
		if (first < i) {
			(void)json_array_append(
			    layers, json_array_get(layers, first));
			(void)json_array_append(
			    diff_ids, json_array_get(diff_ids, first));
			continue;
		}
		if (put_layer(image, layout, blob, &name) < 0)
			return -1;
		add_layer(layers, diff_ids, &name);
	}
	return 0;
}

/* All of it as the one layer. */
static int
put_tree(struct export *image, struct layout *layout, json_t *layers,
    json_t *diff_ids)
{
	autofd int fd = publish_open(image->tmp, 0600);
	struct archiver *archiver =
	    fd < 0 ? NULL : archiver_start(fd, image->fault);
	struct blob_name name;
	struct compose tree;
	int result;

	if (archiver == NULL)
		return fault_errno(image->fault, "layer");
	result = compose(image, &tree);
	if (result == 0)
		result = archiver_tree(archiver, "", &tree);
	compose_stop(&tree);
	if (archiver_finish(archiver, result == 0) < 0 || result < 0 ||
	    blob_of_file(fd, &name, image->fault) < 0 ||
	    layout_file(layout, fd, &name) < 0)
		return -1;
	add_layer(layers, diff_ids, &name);
	return 0;
}

/* The configuration that the image came with, if it did. */
static char *
config_bytes(const struct export *image, const json_t *diff_ids)
{
	const char *own =
	    labels_get(&image->manifest->annotations, DOCKER "config");

	return is_layered(image) && own != NULL
		   ? xstrdup(own)
		   : ociconfig_make(image->manifest, diff_ids, image->fault);
}

/* The manifest, and index.json, which names it in two ways. */
static int
put_manifest(const struct export *image, struct layout *layout,
    const struct blob_name *config, json_t *layers)
{
	const char *version = labels_get(&image->manifest->labels, "version");
	const char *tag = version == NULL ? "latest" : version;
	autofree char *full = xasprintf("%s:%s", image->manifest->name, tag);
	autojson json_t *manifest = json_pack("{s:i, s:s, s:o, s:O}",
	    "schemaVersion", 2, "mediaType", OCI "manifest.v1+json", "config",
	    descriptor(OCI "config.v1+json", config), "layers", layers);
	autofree char *bytes = record_line(manifest);
	autojson json_t *index = NULL;
	autofree char *text = NULL;
	struct blob_name name;
	json_t *entry;

	if (layout_bytes(layout, bytes, strlen(bytes), &name) < 0)
		return -1;
	entry = descriptor(OCI "manifest.v1+json", &name);
	(void)json_object_set_new(
	    entry, "platform", ociconfig_platform(image->manifest));
	(void)json_object_set_new(entry, "annotations",
	    json_pack("{s:s, s:s}", "io.containerd.image.name", full,
		"org.opencontainers.image.ref.name", tag));
	index = json_pack("{s:i, s:s, s:[o]}", "schemaVersion", 2, "mediaType",
	    OCI "index.v1+json", "manifests", entry);
	text = record_line(index);
	return layout_plain(layout, "index.json", text);
}

int
export_layout(struct export *image, struct layout *layout)
{
	autojson json_t *layers = json_array();
	autojson json_t *diff_ids = json_array();
	autofree char *config = NULL;
	struct blob_name name;

	if (layout_start(layout) < 0)
		return -1;
	if ((is_layered(image) ? put_layers(image, layout, layers, diff_ids)
			       : put_tree(image, layout, layers, diff_ids)) < 0)
		return -1;
	config = config_bytes(image, diff_ids);
	if (config == NULL ||
	    layout_bytes(layout, config, strlen(config), &name) < 0)
		return -1;
	return put_manifest(image, layout, &name, layers);
}

static int
new_directory(const struct export *image, int dir, const char *name)
{
	int fd = -1;

	if (mkdirat(dir, name, 0700) == 0)
		fd = beneath_open(dir, name, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		(void)fault_errno(image->fault, "%s", name);
	return fd;
}

int
export_directory(struct export *image, int dir, bool bare, unsigned *left_out)
{
	autofd int root = new_directory(image, dir, "rootfs");
	autofd int links = root < 0 ? -1 : new_directory(image, dir, "links");
	struct compose tree;
	int result;

	if (links < 0)
		return -1;
	result = compose(image, &tree);
	if (result == 0)
		result =
		    unpack_tree(root, links, &tree, left_out, image->fault);
	compose_stop(&tree);
	if (result < 0)
		return -1;
	if (path_remove(dir, "links") < 0 ||
	    (!bare && publish_file(dir, "manifest", image->bytes, image->length,
			  0644, 0) < 0))
		return fault_errno(image->fault, "manifest");
	return 0;
}
