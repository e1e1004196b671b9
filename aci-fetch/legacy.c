/* SPDX-License-Identifier: Apache-2.0 */
/* legacy - the images in an archive of docker before 1.10
 *
 * "repositories" names the top layer of each image; a directory ID/ for each
 * layer has its tar, and in ID/json the layer below and, of the top one, the
 * configuration, but for the list of the layers.
 */

#include <string.h>

#include "alloc.h"
#include "filter.h"
#include "found.h"
#include "members.h"
#include "oci.h"
#include "prog.h"
#include "record.h"
#include "ref.h"
#include "scope.h"

struct chain {
	struct members *members;
	char *ids[OCI_LAYERS_MAX]; /* the top one first */
	size_t count;
	json_t *top; /* what ID/json of the top one says */
};

static json_t *
read_json(struct members *members, const char *name)
{
	size_t length = 0;
	autofree char *bytes =
	    members_read(members, name, OCI_CONFIG_MAX, &length);
	autofree char *why = NULL;
	json_t *json;

	if (bytes == NULL)
		members_refuse(members, name, "is missing");
	json = json_parse(bytes, length, &why);
	if (json == NULL)
		members_refuse(members, name, why);
	if (!json_is_object(json))
		members_refuse(members, name, "is not an object");
	return json;
}

/* An id is a part of names in there, and nothing else: no traversal. */
static void
check_id(const struct chain *chain, const char *id)
{
	if (*id == '\0' || strlen(id) > 64 ||
	    id[strspn(id, "0123456789abcdef")] != '\0')
		members_refuse(chain->members, id, "not a layer's id");
	for (size_t i = 0; i < chain->count; i++)
		if (strcmp(chain->ids[i], id) == 0)
			members_refuse(
			    chain->members, id, "a layer below itself");
	if (chain->count == OCI_LAYERS_MAX)
		members_refuse(chain->members, id, "more than 127 layers");
}

static void
read_chain(struct chain *chain, const char *top)
{
	autofree char *id = xstrdup(top);

	while (id != NULL) {
		autofree char *name = xasprintf("%s/json", id);
		json_t *json;
		const char *parent;

		check_id(chain, id);
		json = read_json(chain->members, name);
		chain->ids[chain->count++] = take_ptr(&id);
		parent = record_string(json, "parent");
		if (parent != NULL && *parent != '\0')
			id = xstrdup(parent);
		if (chain->top == NULL)
			chain->top = json;
		else
			json_decref(json);
	}
}

/* The top layer of the image that is wanted, and what the image is called. */
static char *
choose(struct members *members, const struct ref *ref, char **name)
{
	autojson json_t *all = read_json(members, "repositories");
	const char *repository, *tag;
	json_t *tags, *id;
	char *chosen = NULL;

	json_object_foreach(all, repository, tags)
	{
		json_object_foreach(tags, tag, id)
		{
			autofree char *full =
			    xasprintf("%s:%s", repository, tag);

			if (!found_is_wanted(ref, full))
				continue;
			if (!json_is_string(id))
				members_refuse(
				    members, full, "is not a string");
			if (chosen != NULL)
				members_refuse(members, "repositories",
				    "several images are in it: say which by "
				    ":NAME:TAG");
			chosen = xstrdup(json_string_value(id));
			*name = take_ptr(&full);
		}
	}
	return chosen;
}

/* The configuration as docker writes it since, as one more member. */
static void
add_config(const struct chain *chain, const char *name)
{
	static const char *const kept[] = { "architecture", "os", "variant",
		"created", "author", "comment", "config" };
	autojson json_t *config = json_object();
	json_t *ids = json_array();
	autofree char *bytes = NULL;
	int64_t size;

	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		if (json_object_get(chain->top, kept[i]) != NULL)
			(void)json_object_set(config, kept[i],
			    json_object_get(chain->top, kept[i]));
	for (size_t i = chain->count; i-- > 0;) {
		autofree char *layer = xasprintf("%s/layer.tar", chain->ids[i]);
		autofree char *digest = NULL;

		if (members_describe(chain->members, layer, &digest, &size) < 0)
			members_refuse(chain->members, layer, "is missing");
		/* They are not compressed: this is the diffID too. */
		digest[strlen("sha256")] = ':';
		(void)json_array_append_new(ids, json_string(digest));
	}
	(void)json_object_set_new(config, "rootfs",
	    json_pack("{s:s, s:o}", "type", "layers", "diff_ids", ids));
	bytes = record_line(config);
	members_add(chain->members, name, bytes, strlen(bytes));
}

static void
make_image(struct chain *chain, struct found *found)
{
	/* No entry of a tar is called so. */
	static const char config[] = "/config";
	char *layers[OCI_LAYERS_MAX];

	add_config(chain, config);
	for (size_t i = 0; i < chain->count; i++)
		layers[chain->count - 1 - i] =
		    xasprintf("%s/layer.tar", chain->ids[i]);
	found_make_manifest(
	    chain->members, config, layers, chain->count, found);
	for (size_t i = 0; i < chain->count; i++)
		free(layers[i]);
}

void
legacy_find(struct members *members, const struct ref *ref, struct found *found)
{
	struct chain chain = { .members = members };
	autofree char *name = NULL;
	autofree char *top = choose(members, ref, &name);

	if (top == NULL)
		found_nothing(members, ref);
	read_chain(&chain, top);
	make_image(&chain, found);
	found->reference = found_reference(ref, name);
	for (size_t i = 0; i < chain.count; i++)
		free(chain.ids[i]);
	json_decref(chain.top);
}
