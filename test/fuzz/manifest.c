/* SPDX-License-Identifier: Apache-2.0 */
/* manifest - fuzz image and pod manifests: what is read can be written */

#undef NDEBUG
#include <assert.h>
#include <string.h>

#include "manifest.h"
#include "record.h"
#include "scope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A message is there exactly if there is no manifest, and it is printable. */
static void
check_why(const void *manifest, const char *why)
{
	assert((manifest == NULL) == (why != NULL));
	for (; why != NULL && *why != '\0'; why++)
		assert((unsigned char)*why >= ' ' && *why != 0x7f);
}

static void
image(const char *text, size_t size)
{
	autofree char *why = NULL;
	autofree char *again_why = NULL;
	autojson json_t *json = NULL;
	autojson json_t *same = NULL;
	struct image_manifest *manifest =
	    image_manifest_parse(text, size, &why);
	struct app *app, *copy;

	check_why(manifest, why);
	if (manifest != NULL)
		free(image_manifest_unfit(manifest));
	if (manifest != NULL && manifest->app != NULL) {
		copy = app_copy(manifest->app);
		json = app_json(copy);
		app = app_parse(json, "app", &again_why);
		assert(app != NULL);
		same = app_json(app);
		assert(json_equal(json, same));
		app_free(copy);
		app_free(app);
	}
	image_manifest_free(manifest);
}

static void
pod(const char *text, size_t size)
{
	autofree char *why = NULL;
	autofree char *line = NULL;
	autojson json_t *json = NULL;
	autojson json_t *same = NULL;
	struct pod_manifest *manifest = pod_manifest_parse(text, size, &why);

	check_why(manifest, why);
	if (manifest == NULL)
		return;
	free(pod_manifest_unready(manifest));
	json = pod_manifest_json(manifest);
	pod_manifest_free(manifest);
	line = record_line(json);
	manifest = pod_manifest_parse(line, strlen(line), &why);
	assert(manifest != NULL);
	same = pod_manifest_json(manifest);
	assert(json_equal(json, same));
	pod_manifest_free(manifest);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	image((const char *)data, size);
	pod((const char *)data, size);
	return 0;
}
