/* SPDX-License-Identifier: Apache-2.0 */
/* appc - an image of docker or OCI kind as an App Container */

#include <string.h>

#include "actype.h"
#include "alloc.h"
#include "appc.h"
#include "identifier.h"
#include "record.h"
#include "schema.h"
#include "scope.h"

#define DOCKER "appc.io/docker/"

static void
label(json_t *list, const char *name, const char *value)
{
	if (value != NULL)
		(void)json_array_append_new(list,
		    json_pack("{s:s, s:s}", "name", name, "value", value));
}

static json_t *
labels_of(const struct appc_source *source)
{
	json_t *list = json_array();

	label(list, "version", source->reference->tag);
	label(list, "os", source->config->os);
	label(list, "arch", source->config->arch);
	return list;
}

static void
note(struct labels *notes, const char *name, const char *value)
{
	if (value != NULL)
		labels_set(notes, name, value);
}

/* A digest as docker writes it. */
static void
note_digest(struct labels *notes, const char *name, const char *digest)
{
	autofree char *text = xstrdup(digest);

	text[strlen("sha256")] = ':';
	labels_set(notes, name, text);
}

/* The labels that can be annotations and do not speak for us. */
static void
note_labels(struct labels *notes, const struct labels *labels)
{
	for (size_t i = 0; i < labels->count; i++) {
		const struct label *l = &labels->list[i];

		if (acidentifier_check(l->name) == NULL &&
		    strncmp(l->name, DOCKER, strlen(DOCKER)) != 0 &&
		    annotation_check(l->name, l->value) == NULL)
			labels_set(notes, l->name, l->value);
	}
}

/* The layers, the lowest first, for whoever puts the image together again. */
static void
note_layers(struct labels *notes, const struct strings *diff_ids)
{
	autojson json_t *list = json_array();
	autofree char *text = NULL;

	for (size_t i = 0; i < diff_ids->count; i++)
		(void)json_array_append_new(
		    list, json_string(diff_ids->list[i]));
	text = record_line(list);
	labels_set(notes, DOCKER "layers", text);
}

static json_t *
annotations_of(const struct appc_source *source)
{
	const struct image_config *config = source->config;
	const struct docker_ref *reference = source->reference;
	autofree char *name = docker_ref_text(reference);
	struct labels notes = { 0 };
	json_t *list;

	note_labels(&notes, &config->labels);
	note(&notes, "created", config->created);
	note(&notes, "author", config->author);
	note(&notes, "docker-comment", config->comment);
	note(&notes, DOCKER "originalname", name);
	note(&notes, DOCKER "registryurl", reference->host);
	note(&notes, DOCKER "repository", reference->repository);
	note(&notes, DOCKER "tag", reference->tag);
	note_digest(&notes, DOCKER "imageid", source->config_digest);
	note_digest(&notes, DOCKER "manifesthash", source->manifest_digest);
	for (size_t i = 0; i < config->facts.count; i++) {
		autofree char *fact =
		    xasprintf(DOCKER "%s", config->facts.list[i].name);

		labels_set(&notes, fact, config->facts.list[i].value);
	}
	note_layers(&notes, &config->diff_ids);
	/* All that is lost here, so that an export gives it back. */
	note(&notes, DOCKER "config", source->config_bytes);
	list = labels_json(&notes);
	labels_free(&notes);
	return list;
}

static json_t *
manifest_of(const struct appc_source *source)
{
	autofree char *name = docker_ref_name(source->reference);
	autofree char *identifier = identifier_make(name);

	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "acKind",
	    "ImageManifest", "acVersion", "0.8.11", "name", identifier,
	    "labels", labels_of(source), "app", app_json(source->config->app),
	    "annotations", annotations_of(source));
}

char *
appc_manifest(const struct appc_source *source, char **why)
{
	autojson json_t *json = manifest_of(source);
	autofree char *bytes = record_line(json);
	struct image_manifest *manifest =
	    image_manifest_parse(bytes, strlen(bytes), why);

	if (manifest == NULL)
		return NULL;
	image_manifest_free(manifest);
	return take_ptr(&bytes);
}
