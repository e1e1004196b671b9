/* SPDX-License-Identifier: Apache-2.0 */
/* oci - fuzz the documents of an image of docker or OCI kind
 *
 * Each input is read as all three; a configuration that is good must become a
 * manifest that is good, whatever it says.
 */

#undef NDEBUG
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "alloc.h"
#include "appc.h"
#include "config.h"
#include "oci.h"
#include "scope.h"

#define DIGEST \
	"sha256-" \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
convert(const char *text, const struct image_config *config)
{
	struct docker_ref reference;
	struct appc_source source = { .reference = &reference,
		.config = config,
		.manifest_digest = DIGEST,
		.config_digest = DIGEST,
		.config_bytes = text };
	const char *wrong;
	autofree char *why = NULL;
	autofree char *one = NULL;
	autofree char *two = NULL;

	assert(
	    docker_ref_parse("docker://e.com/a--b:1", &reference, &wrong) == 0);
	one = appc_manifest(&source, &why);
	if (one == NULL) {
		assert(why != NULL);
	} else {
		two = appc_manifest(&source, &why);
		assert(strcmp(one, two) == 0);
	}
	docker_ref_free(&reference);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autofree char *text = xstrndup((const char *)data, size);
	char *why = NULL;
	struct oci_manifest *manifest =
	    oci_manifest_parse((const char *)data, size, &why);
	struct oci_index *index;
	struct image_config *config;

	assert(manifest != NULL || why != NULL);
	oci_manifest_free(manifest);
	free(why);
	why = NULL;
	index = oci_index_parse((const char *)data, size, &why);
	assert(index != NULL || why != NULL);
	oci_index_free(index);
	free(why);
	why = NULL;
	config = config_parse((const char *)data, size, &why);
	assert(config != NULL || why != NULL);
	if (config != NULL)
		convert(text, config);
	config_free(config);
	free(why);
	return 0;
}
