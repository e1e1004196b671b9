/* SPDX-License-Identifier: Apache-2.0 */
/* config - the configuration of an image of docker or OCI kind */

#include <string.h>

#include "actype.h"
#include "alloc.h"
#include "arch.h"
#include "config.h"
#include "oci.h"
#include "record.h"
#include "scope.h"

void
config_leave_out(struct image_config *config, const struct spot *spot,
    const char *text, const char *wrong)
{
	autofree char *why = NULL;

	(void)spot_bad(spot, text, wrong);
	why = take_ptr(spot->why);
	if (config->left_out_count++ == 0)
		config->left_out = take_ptr(&why);
}

/* An empty text is none. */
static int
may_text(const struct spot *object, const char *name, char **text)
{
	if (spot_text(object, name, text) < 0)
		return -1;
	if (*text != NULL && **text == '\0') {
		free(*text);
		*text = NULL;
	}
	return 0;
}

static int
platform_read(const struct spot *top, struct image_config *config)
{
	autofree char *os = NULL;
	autofree char *arch = NULL;
	autofree char *variant = NULL;
	struct spot spot;

	if (spot_need_text(top, "os", &os) < 0 ||
	    spot_need_text(top, "architecture", &arch) < 0 ||
	    spot_text(top, "variant", &variant) < 0 ||
	    spot_member(top, "os", &spot) < 0)
		return -1;
	config->os = oci_os_label(os);
	if (config->os == NULL)
		return spot_bad(&spot, os, "is no system that images are for");
	if (spot_member(top, "architecture", &spot) < 0)
		return -1;
	config->arch = arch_label(arch, variant);
	if (config->arch == NULL)
		return spot_bad(&spot, arch,
		    variant == NULL
			? "is no architecture that images are for"
			: "is, with this variant, no architecture that images "
			  "are for");
	return 0;
}

static int
diff_ids_read(const struct spot *rootfs, struct strings *ids)
{
	struct spot list;

	if (spot_list(rootfs, "diff_ids", &list) < 0)
		return -1;
	if (list.json == NULL)
		return spot_fail(&list, "is missing");
	if (spot_count(&list) > OCI_LAYERS_MAX)
		return spot_fail(
		    &list, "has more than %d elements", OCI_LAYERS_MAX);
	for (size_t i = 0; i < spot_count(&list); i++) {
		struct spot spot = spot_element(&list, i);
		autofree char *id = NULL;

		if (oci_digest(&spot, &id) < 0)
			return -1;
		strings_add(ids, id);
	}
	return 0;
}

static int
rootfs_read(const struct spot *top, struct strings *ids)
{
	autofree char *type = NULL;
	struct spot rootfs, spot;

	if (spot_member(top, "rootfs", &rootfs) < 0 ||
	    spot_object(&rootfs) < 0 ||
	    spot_need_text(&rootfs, "type", &type) < 0 ||
	    spot_member(&rootfs, "type", &spot) < 0)
		return -1;
	if (strcmp(type, "layers") != 0)
		return spot_bad(&spot, type, "is not layers");
	return diff_ids_read(&rootfs, ids);
}

static int
config_read(const struct spot *top, struct image_config *config)
{
	struct spot spot;

	if (spot_object(top) < 0 || platform_read(top, config) < 0 ||
	    rootfs_read(top, &config->diff_ids) < 0 ||
	    may_text(top, "created", &config->created) < 0 ||
	    may_text(top, "author", &config->author) < 0 ||
	    may_text(top, "comment", &config->comment) < 0 ||
	    spot_member(top, "created", &spot) < 0)
		return -1;
	if (config->created != NULL && date_check(config->created) != NULL)
		return spot_bad(
		    &spot, config->created, date_check(config->created));
	if (spot_member(top, "config", &spot) < 0)
		return -1;
	return container_read(&spot, config);
}

struct image_config *
config_parse(const char *bytes, size_t length, char **why)
{
	autojson json_t *json = NULL;
	struct spot top = { .name = "", .why = why };
	struct image_config *config;

	*why = NULL;
	json = json_parse(bytes, length, why);
	if (json == NULL)
		return NULL;
	top.json = json;
	config = xcalloc(1, sizeof *config);
	config->app = xcalloc(1, sizeof *config->app);
	if (config_read(&top, config) == 0)
		return config;
	config_free(config);
	return NULL;
}

void
config_free(struct image_config *config)
{
	if (config == NULL)
		return;
	free(config->created);
	free(config->author);
	free(config->comment);
	strings_free(&config->diff_ids);
	app_free(config->app);
	labels_free(&config->facts);
	labels_free(&config->labels);
	free(config->left_out);
	free(config);
}
