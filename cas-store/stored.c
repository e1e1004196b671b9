/* SPDX-License-Identifier: Apache-2.0 */
/* stored - an image of the store, composed again */

#include <errno.h>
#include <sysexits.h>

#include "alloc.h"
#include "commit.h"
#include "image.h"
#include "path.h"
#include "record.h"
#include "scope.h"
#include "stored.h"

static int
compose_layers(struct compose *compose, const json_t *layers)
{
	const json_t *layer;
	size_t i;

	json_array_foreach(layers, i, layer)
	{
		const char *blob = json_string_value(layer);
		uint32_t device = 0;

		if (blob != NULL && store_is_blob(blob))
			device = compose_blob(compose, blob);
		if (device == 0 || compose_layer(compose, device) < 0)
			return -1;
	}
	return 0;
}

static int
compose_container(struct compose *compose, const char *key, const json_t *info)
{
	struct image_manifest *manifest = compose_stored(compose, key);
	uint32_t device = manifest == NULL ? 0 : compose_blob(compose, key);
	int result = -1;

	if (device != 0)
		result = compose_image(compose, device, key,
		    json_object_get(info, "dependencies"),
		    &manifest->path_whitelist);
	image_manifest_free(manifest);
	return result;
}

int
stored_compose(struct compose *compose, const char *key, const json_t *info)
{
	const json_t *layers = json_object_get(info, "layers");
	int result = layers != NULL ? compose_layers(compose, layers)
				    : compose_container(compose, key, info);

	return result < 0 ? -1 : compose_finish(compose);
}

static int
render(struct compose *compose, const char *key, json_t *info,
    enum render_kind kind, unsigned *left_out)
{
	bool dependent = json_object_get(info, "dependencies") != NULL;
	struct render render;
	int result;

	if (stored_compose(compose, key, info) < 0)
		return -1;
	result = render_make(&render, compose, key, dependent, kind);
	if (result == 0)
		result = commit_render(
		    compose->cas, key, compose, &render, info, compose->fault);
	*left_out = render.left_out;
	render_free(&render);
	return result;
}

int
stored_render(int cas, const char *key, json_t *info, enum render_kind kind,
    unsigned *left_out, struct fault *fault)
{
	autofd int tmp = store_dir(cas, "tmp");
	struct compose compose;
	int result;

	*left_out = 0;
	if (image_complete(cas, info))
		return 0;
	if (tmp < 0)
		return fault_errno(fault, "tmp");
	result = compose_start(&compose, cas, tmp, fault);
	if (result == 0)
		result = render(&compose, key, info, kind, left_out);
	compose_stop(&compose);
	return result;
}
