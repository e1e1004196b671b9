/* SPDX-License-Identifier: Apache-2.0 */
/* ref - fuzz image references and the other texts of a command line */

#undef NDEBUG
#include <assert.h>
#include <string.h>

#include "actype.h"
#include "alloc.h"
#include "docker.h"
#include "manifest.h"
#include "ref.h"
#include "scope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_ref(const char *text)
{
	struct ref ref;
	autofree char *why = NULL;

	if (ref_parse(text, &ref, &why) < 0) {
		assert(why != NULL);
		return;
	}
	assert(strcmp(ref.text, text) == 0);
	assert((ref.kind == REF_NAME) == (ref.name != NULL));
	assert((ref.kind == REF_DOCKER) == (ref.docker.host != NULL));
	assert(ref.name == NULL || acidentifier_check(ref.name) == NULL);
	for (size_t i = 0; i < ref.labels.count; i++)
		assert(acidentifier_check(ref.labels.list[i].name) == NULL);
	ref_free(&ref);
}

/* The full form is one too, and says the same. */
static void
check_docker(const char *text)
{
	struct docker_ref ref;
	struct docker_ref same;
	const char *why;
	autofree char *full = NULL;
	autofree char *again = NULL;

	if (docker_ref_parse(text, &ref, &why) < 0)
		return;
	full = docker_ref_text(&ref);
	assert(docker_ref_parse(full, &same, &why) == 0);
	again = docker_ref_text(&same);
	assert(strcmp(full, again) == 0);
	docker_ref_free(&ref);
	docker_ref_free(&same);
}

static void
check_volume(const char *text)
{
	struct volume volume;
	struct pod_mount mount;
	struct pod_port port;
	char *why = NULL;

	if (volume_parse(text, &volume, &why) == 0) {
		assert(acname_check(volume.name) == NULL);
		assert((volume.kind == VOLUME_HOST) == (volume.source != NULL));
		volume_free(&volume);
	}
	free(why);
	why = NULL;
	if (mount_parse(text, &mount, &why) == 0) {
		assert(path_check(mount.path) == NULL);
		pod_mount_free(&mount);
	}
	free(why);
	why = NULL;
	if (pod_port_parse(text, &port, &why) == 0) {
		assert(port.host_port > 0);
		pod_port_free(&port);
	}
	free(why);
}

static void
check_types(const char *text)
{
	int64_t milli;
	autofree char *name = acname_sanitise(text);

	assert(name == NULL || acname_check(name) == NULL);
	assert(acname_check(text) != NULL || acidentifier_check(text) == NULL);
	assert(quantity_parse(text, &milli) < 0 || milli >= 0);
	(void)semver_check(text);
	(void)date_check(text);
	(void)url_check(text);
	(void)user_check(text);
	(void)hostname_check(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autofree char *text = xstrndup((const char *)data, size);

	check_ref(text);
	check_docker(text);
	check_volume(text);
	check_types(text);
	return 0;
}
