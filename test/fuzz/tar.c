/* SPDX-License-Identifier: Apache-2.0 */
/* tar - fuzz an image's archive, from its headers to the index made of it */

#include "composed.h"

/* The manifest is found, and then the tree made. */
static int
compose_it(struct compose *compose, const uint8_t *data, size_t size)
{
	const struct strings none = { 0 };
	uint32_t device = compose_archive(
	    compose, archive_file(data, size), size, archive_name(0));
	autofree char *manifest = NULL;
	size_t length;

	if (device == 0)
		return -1;
	manifest = compose_manifest(compose, device, &length);
	if (manifest == NULL ||
	    compose_image(compose, device, archive_name(1), NULL, &none) < 0)
		return -1;
	return compose_finish(compose);
}
