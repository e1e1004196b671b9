/* SPDX-License-Identifier: Apache-2.0 */
/* stored - an image of the store, composed again */

#include <err.h>

#include "commit.h"
#include "escape.h"
#include "image.h"
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

/* What could not be had in the way that it was asked for. */
static void
warn_of(const struct compose *compose, const struct render *render,
    const char *reference)
{
	autofree char *shown = escape(reference);

	if (compose->dropped != NULL)
		warnx("%s: extended attribute %s (and such) left out", shown,
		    compose->dropped);
	if (render->left_out > 0)
		warnx("%s: %u devices left out of the tree", shown,
		    render->left_out);
}

static int
render(struct compose *compose, const char *key, json_t *info,
    enum render_kind kind, const char *reference)
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
	if (result == 0)
		warn_of(compose, &render, reference);
	render_free(&render);
	return result;
}

static int
render_locked(int cas, const char *key, json_t *info, enum render_kind kind,
    const char *reference, struct fault *fault)
{
	autofd int tmp = store_dir(cas, "tmp");
	struct compose compose;
	int result;

	if (tmp < 0)
		return fault_errno(fault, "tmp");
	compose_start(&compose, cas, tmp, fault);
	result = render(&compose, key, info, kind, reference);
	compose_stop(&compose);
	return result;
}

json_t *
stored_render(int cas, const char *key, const char *reference,
    enum render_kind kind, struct fault *fault)
{
	autofd int lock = store_lock(cas, STORE_SHARED);
	autojson json_t *info = lock < 0 ? NULL : image_load(cas, key);

	if (info == NULL) {
		(void)fault_errno(fault, "%s", key);
		return NULL;
	}
	if (!image_complete(cas, info) &&
	    render_locked(cas, key, info, kind, reference, fault) < 0)
		return NULL;
	return image_record(cas, info, reference);
}
