/* SPDX-License-Identifier: Apache-2.0 */
/* sound - an image file that the store would take */

#include <stdlib.h>
#include <sysexits.h>

#include "alloc.h"
#include "blob.h"
#include "compose.h"
#include "manifest.h"
#include "publish.h"
#include "scope.h"
#include "sound.h"

/* The tree that it would have; what others would lend it is not at hand. */
static int
read_tree(struct compose *compose, uint32_t device,
    const struct image_manifest *manifest, const char *key)
{
	static const struct strings all;

	if (compose_image(compose, device, key, NULL,
		manifest->dependency_count > 0 ? &all
					       : &manifest->path_whitelist) < 0)
		return -1;
	return compose_finish(compose);
}

static int
read_image(struct compose *compose, int to, const struct blob *blob,
    struct sound *sound)
{
	char key[KEY_TEXT];
	uint32_t device;
	autofree char *bytes = NULL;
	autofree char *why = NULL;
	struct image_manifest *manifest;
	size_t length = 0;
	int result;

	store_key(blob->id, key);
	device = compose_archive(compose, to, blob->size, key);
	if (device == 0)
		return -1;
	bytes = compose_manifest(compose, device, &length);
	if (bytes == NULL)
		return -1;
	manifest = image_manifest_parse(bytes, length, &why);
	if (manifest == NULL)
		return fault_set(
		    compose->fault, EX_DATAERR, "manifest: %s", why);
	result = read_tree(compose, device, manifest, key);
	if (result == 0) {
		sound->id = xstrdup(blob->id);
		sound->name = xstrdup(manifest->name);
	}
	image_manifest_free(manifest);
	return result;
}

int
sound_check(int fd, int tmp, struct sound *sound, struct fault *fault)
{
	struct compose compose = { 0 };
	struct blob blob = { 0 };
	int to = publish_open(tmp, 0600);
	int result;

	if (to < 0)
		return fault_errno(fault, "a temporary file");
	if (blob_copy(fd, to, HASH_SHA512, &blob, fault) < 0) {
		(void)close(to);
		return -1;
	}
	compose_start(&compose, -1, tmp, fault);
	result = read_image(&compose, to, &blob, sound);
	compose_stop(&compose);
	return result;
}

void
sound_free(struct sound *sound)
{
	free(sound->id);
	free(sound->name);
}
