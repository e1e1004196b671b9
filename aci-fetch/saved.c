/* SPDX-License-Identifier: Apache-2.0 */
/* saved - the images in an archive that docker save or podman save wrote */

#include <stdbool.h>
#include <string.h>

#include "alloc.h"
#include "filter.h"
#include "found.h"
#include "members.h"
#include "oci.h"
#include "prog.h"
#include "record.h"
#include "ref.h"
#include "schema.h"
#include "scope.h"

/* One object of manifest.json. */
struct saved {
	char *config;
	struct strings tags;
	struct strings layers;
};

static void
saved_free(struct saved *saved)
{
	free(saved->config);
	strings_free(&saved->tags);
	strings_free(&saved->layers);
	*saved = (struct saved){ 0 };
}

static int
saved_read(const struct spot *spot, struct saved *saved)
{
	struct spot layers;

	if (spot_object(spot) < 0 ||
	    spot_need_text(spot, "Config", &saved->config) < 0 ||
	    schema_strings(spot, "RepoTags", NULL, &saved->tags) < 0 ||
	    schema_strings(spot, "Layers", NULL, &saved->layers) < 0 ||
	    spot_member(spot, "Layers", &layers) < 0)
		return -1;
	if (saved->layers.count > OCI_LAYERS_MAX)
		return spot_fail(
		    &layers, "has more than %d elements", OCI_LAYERS_MAX);
	return 0;
}

/* The name by which an image is wanted; false: it is not. */
static bool
is_wanted(const struct ref *ref, const struct strings *tags, const char **name)
{
	*name = tags->count > 0 ? tags->list[0] : NULL;
	if (ref->tag == NULL)
		return true;
	for (size_t i = 0; i < tags->count; i++) {
		*name = tags->list[i];
		if (found_is_wanted(ref, *name))
			return true;
	}
	return false;
}

/* The one that is meant, of all that are in the list. */
static int
choose(const struct spot *top, const struct ref *ref, struct saved *chosen,
    char **name)
{
	if (!json_is_array(top->json))
		return spot_fail(top, "is not a list");
	for (size_t i = 0; i < spot_count(top); i++) {
		struct spot spot = spot_element(top, i);
		struct saved saved = { 0 };
		const char *called;

		if (saved_read(&spot, &saved) < 0)
			return -1;
		if (!is_wanted(ref, &saved.tags, &called)) {
			saved_free(&saved);
			continue;
		}
		if (chosen->config != NULL)
			return spot_fail(top,
			    "several images are in it: say which by :NAME:TAG");
		*chosen = saved;
		*name = called == NULL ? NULL : xstrdup(called);
	}
	return 0;
}

void
saved_find(struct members *members, const struct ref *ref, struct found *found)
{
	size_t length = 0;
	autofree char *bytes =
	    members_read(members, "manifest.json", OCI_MANIFEST_MAX, &length);
	autojson json_t *json = NULL;
	autofree char *why = NULL;
	autofree char *name = NULL;
	struct spot top = { .name = "manifest.json", .why = &why };
	struct saved saved = { 0 };

	if (bytes == NULL) {
		legacy_find(members, ref, found);
		return;
	}
	json = json_parse(bytes, length, &why);
	if (json == NULL)
		members_refuse(members, "manifest.json", why);
	top.json = json;
	if (choose(&top, ref, &saved, &name) < 0)
		filter_failx(EX_DATAERR, "%s: %s", members_shown(members), why);
	if (saved.config == NULL)
		found_nothing(members, ref);
	found_make_manifest(members, saved.config, saved.layers.list,
	    saved.layers.count, found);
	found->reference = found_reference(ref, name);
	saved_free(&saved);
}
