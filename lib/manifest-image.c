/* SPDX-License-Identifier: Apache-2.0 */
/* manifest-image - the manifest in an image */

#include <string.h>

#include "actype.h"
#include "alloc.h"
#include "escape.h"
#include "record.h"
#include "schema.h"
#include "scope.h"

/* {"imageName":…}; it was "app" up to version 0.5. */
static int
dependency_read(const struct spot *spot, void *element)
{
	struct dependency *dependency = element;
	struct spot name, old;

	if (spot_member(spot, "imageName", &name) < 0 ||
	    spot_member(spot, "app", &old) < 0)
		return -1;
	if (spot_checked(spot,
		name.json == NULL && old.json != NULL ? "app" : "imageName",
		acidentifier_check, &dependency->name) < 0 ||
	    spot_may_checked(spot, "imageID", imageid_check, &dependency->id) <
		0 ||
	    schema_image_labels(spot, &dependency->labels) < 0)
		return -1;
	return spot_number(spot, "size", 0, INT64_MAX, &dependency->size);
}

static const char *
whitelist_check(const char *text)
{
	return *text != '/' ? "is not an absolute path" : NULL;
}

static int
image_read(struct spot *top, struct image_manifest *image)
{
	static const struct spot_kind dependencies = {
		sizeof(struct dependency), false, dependency_read
	};
	struct spot app;

	if (schema_head(top, "ImageManifest", NULL) < 0 ||
	    spot_checked(top, "name", acidentifier_check, &image->name) < 0 ||
	    schema_image_labels(top, &image->labels) < 0 ||
	    spot_member(top, "app", &app) < 0)
		return -1;
	if (app.json != NULL) {
		image->app = xcalloc(1, sizeof *image->app);
		if (schema_app(&app, image->app) < 0)
			return -1;
	}
	if (spot_each(top, "dependencies", &dependencies, &image->dependencies,
		&image->dependency_count) < 0 ||
	    schema_strings(top, "pathWhitelist", whitelist_check,
		&image->path_whitelist) < 0)
		return -1;
	return schema_annotations(top, &image->annotations);
}

struct image_manifest *
image_manifest_parse(const char *bytes, size_t length, char **why)
{
	autojson json_t *json = NULL;
	struct image_manifest *image;

	json = schema_parse(bytes, length, why);
	if (json == NULL)
		return NULL;
	struct spot top = { .name = "", .json = json, .why = why };
	image = xcalloc(1, sizeof *image);
	if (image_read(&top, image) == 0)
		return image;
	image_manifest_free(image);
	return NULL;
}

void
image_manifest_free(struct image_manifest *image)
{
	if (image == NULL)
		return;
	free(image->name);
	labels_free(&image->labels);
	app_free(image->app);
	for (size_t i = 0; i < image->dependency_count; i++) {
		free(image->dependencies[i].name);
		free(image->dependencies[i].id);
		labels_free(&image->dependencies[i].labels);
	}
	free(image->dependencies);
	strings_free(&image->path_whitelist);
	labels_free(&image->annotations);
	free(image);
}

char *
image_manifest_unfit(const struct image_manifest *image)
{
	const char *os = labels_get(&image->labels, "os");
	const char *arch = labels_get(&image->labels, "arch");
	autofree char *shown = NULL;

	if (os == NULL)
		return xstrdup("missing os label in the image manifest");
	if (arch == NULL)
		return xstrdup("missing arch label in the image manifest");
	if (strcmp(os, host_os()) != 0) {
		shown = escape(os);
		return xasprintf(
		    "bad os \"%s\" (must be one of: [%s])", shown, host_os());
	}
	if (strcmp(arch, host_arch()) == 0)
		return NULL;
	shown = escape(arch);
	return xasprintf("bad arch \"%s\" for %s (must be one of: [%s])", shown,
	    os, host_arch());
}
