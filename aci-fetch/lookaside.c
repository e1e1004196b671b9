/* SPDX-License-Identifier: Apache-2.0 */
/* lookaside - where the signatures of a registry's images are kept */

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <yaml.h>

#include "actype.h"
#include "alloc.h"
#include "confdir.h"
#include "dirs.h"
#include "docker.h"
#include "escape.h"
#include "filter.h"
#include "lookaside.h"
#include "path.h"
#include "prog.h"
#include "scope.h"
#include "url.h"

#define BUILT_IN "file:///var/lib/containers/sigstore"

enum { FILE_MAX = 1024 * 1024 };

struct lookaside {
	const struct docker_ref *ref;
	char *name;   /* HOST/REPOSITORY */
	char *tagged; /* the same with the tag; NULL: it has none */
	char *best;   /* the URL of the namespace that covers most */
	char *space;  /* that namespace, as it is written */
	char *common; /* that of default-docker */
	bool common_seen;
};

/* One file, as libyaml has it. */
struct file {
	yaml_document_t document;
	char **why;
};

static int
fail(const struct file *file, const yaml_node_t *node, const char *what)
{
	free(*file->why);
	*file->why = xasprintf("line %zu: %s", node->start_mark.line + 1, what);
	return -1;
}

/* A text of the document, borrowed; NULL: it is none, or holds a NUL. */
static const char *
text(const yaml_node_t *node)
{
	const char *value;

	if (node->type != YAML_SCALAR_NODE)
		return NULL;
	value = (const char *)node->data.scalar.value;
	return strlen(value) == node->data.scalar.length ? value : NULL;
}

/* Calls visit for each pair of a map. */
static int
each_pair(struct file *file, yaml_node_t *map,
    int (*visit)(
	struct file *file, const char *key, yaml_node_t *value, void *data),
    void *data)
{
	yaml_node_pair_t *pair;

	if (map->type != YAML_MAPPING_NODE)
		return fail(file, map, "not a map");
	for (pair = map->data.mapping.pairs.start;
	     pair < map->data.mapping.pairs.top; pair++) {
		yaml_node_t *key =
		    yaml_document_get_node(&file->document, pair->key);
		yaml_node_t *value =
		    yaml_document_get_node(&file->document, pair->value);

		if (text(key) == NULL)
			return fail(file, key, "a key that is no text");
		if (visit(file, text(key), value, data) < 0)
			return -1;
	}
	return 0;
}

/* Who names http has asked for it: signatures vouch for themselves. */
static bool
is_place(const char *url)
{
	autofree char *path = url_path(url);

	return *url == '\0' || path != NULL || url_unfit(url, true) == NULL;
}

/* The URLs of one namespace: the new word for it, and the old. */
struct urls {
	const char *lookaside, *sigstore;
};

static int
visit_url(struct file *file, const char *key, yaml_node_t *value, void *data)
{
	struct urls *urls = data;
	const char **place = strcmp(key, "lookaside") == 0  ? &urls->lookaside
			     : strcmp(key, "sigstore") == 0 ? &urls->sigstore
							    : NULL;

	if (place == NULL)
		return 0;
	if (*place != NULL)
		return fail(file, value, "there twice");
	*place = text(value);
	if (*place == NULL)
		return fail(file, value, "not a text");
	if (!is_place(*place))
		return fail(file, value, "not an http, https or file URL");
	return 0;
}

/* The URL that a namespace says, for the caller to free; "": none. */
static int
read_urls(struct file *file, yaml_node_t *map, char **url)
{
	struct urls urls = { 0 };

	if (each_pair(file, map, visit_url, &urls) < 0)
		return -1;
	if (urls.lookaside == NULL)
		urls.lookaside = urls.sigstore;
	*url = xstrdup(urls.lookaside == NULL ? "" : urls.lookaside);
	return 0;
}

/* Other programs call Docker's own registry docker.io. */
static char *
own_name(const char *space)
{
	size_t length = strcspn(space, "/");
	autofree char *host = docker_host(space, length);

	return xasprintf("%s%s", host, space + length);
}

/* Does the namespace cover the image?  *.example.com is all hosts below. */
static bool
covers(const struct lookaside *lookaside, const char *space)
{
	autofree char *own = own_name(space);
	const char *host = lookaside->ref->host;
	size_t length = strlen(host);

	if (strncmp(own, "*.", 2) == 0) {
		size_t tail = strlen(own + 1);

		return length > tail &&
		       strcmp(host + length - tail, own + 1) == 0;
	}
	return name_has_prefix(lookaside->name, own) ||
	       (lookaside->tagged != NULL &&
		   strcmp(lookaside->tagged, own) == 0);
}

/* Any name is more than a pattern; then the longer one is. */
static bool
is_better(const char *space, const char *than)
{
	if (than == NULL || (*space == '*') != (*than == '*'))
		return than == NULL || *than == '*';
	return strlen(space) > strlen(than);
}

static int
visit_space(struct file *file, const char *key, yaml_node_t *value, void *data)
{
	struct lookaside *lookaside = data;
	autofree char *url = NULL;

	if (read_urls(file, value, &url) < 0)
		return -1;
	if (*url == '\0' || !covers(lookaside, key))
		return 0;
	if (lookaside->space != NULL && strcmp(lookaside->space, key) == 0)
		return fail(file, value, "a namespace twice");
	if (!is_better(key, lookaside->space))
		return 0;
	free(lookaside->space);
	free(lookaside->best);
	lookaside->space = xstrdup(key);
	lookaside->best = take_ptr(&url);
	return 0;
}

static int
visit_top(struct file *file, const char *key, yaml_node_t *value, void *data)
{
	struct lookaside *lookaside = data;

	if (strcmp(key, "docker") == 0)
		return each_pair(file, value, visit_space, lookaside);
	if (strcmp(key, "default-docker") != 0)
		return 0;
	if (lookaside->common_seen)
		return fail(file, value, "default-docker twice");
	lookaside->common_seen = true;
	return read_urls(file, value, &lookaside->common);
}

struct lookaside *
lookaside_new(const struct docker_ref *ref)
{
	struct lookaside *lookaside = xcalloc(1, sizeof *lookaside);

	lookaside->ref = ref;
	lookaside->name = docker_ref_name(ref);
	if (ref->tag != NULL)
		lookaside->tagged =
		    xasprintf("%s:%s", lookaside->name, ref->tag);
	return lookaside;
}

int
lookaside_add(
    struct lookaside *lookaside, const char *bytes, size_t length, char **why)
{
	struct file file = { .why = why };
	yaml_parser_t parser;
	yaml_node_t *root;
	int result = 0;

	if (yaml_parser_initialize(&parser) == 0)
		filter_failx(EX_OSERR, "libyaml: no parser");
	yaml_parser_set_input_string(
	    &parser, (const unsigned char *)bytes, length);
	if (yaml_parser_load(&parser, &file.document) == 0) {
		*why = xasprintf("line %zu: %s", parser.problem_mark.line + 1,
		    parser.problem != NULL ? parser.problem : "not YAML");
		yaml_parser_delete(&parser);
		return -1;
	}
	root = yaml_document_get_root_node(&file.document);
	if (root != NULL)
		result = each_pair(&file, root, visit_top, lookaside);
	yaml_document_delete(&file.document);
	yaml_parser_delete(&parser);
	return result;
}

char *
lookaside_end(struct lookaside *lookaside)
{
	const char *base = lookaside->best;
	size_t length;
	char *url;

	if (base == NULL && lookaside->common != NULL &&
	    *lookaside->common != '\0')
		base = lookaside->common;
	if (base == NULL)
		base = BUILT_IN;
	for (length = strlen(base); length > 0 && base[length - 1] == '/';)
		length--;
	url =
	    xasprintf("%.*s/%s", (int)length, base, lookaside->ref->repository);
	free(lookaside->name);
	free(lookaside->tagged);
	free(lookaside->best);
	free(lookaside->space);
	free(lookaside->common);
	free(lookaside);
	return url;
}

static void
add_file(void *data, const char *path)
{
	autofree char *shown = escape(path);
	autofree char *why = NULL;
	size_t length = 0;
	autofree char *bytes = path_read(AT_FDCWD, path, FILE_MAX, &length);

	if (bytes == NULL)
		filter_fail(EX_CONFIG, "%s", shown);
	if (lookaside_add(data, bytes, length, &why) < 0) {
		autofree char *reason = escape(why);

		filter_failx(EX_CONFIG, "%s: %s", shown, reason);
	}
}

char *
lookaside_find(const struct docker_ref *ref)
{
	autofree char *own = xasprintf("%s/registries.d", dirs_conf());
	struct lookaside *lookaside = lookaside_new(ref);

	confdir_each(
	    access(own, F_OK) == 0 ? own : "/etc/containers/registries.d",
	    ".yaml", add_file, lookaside);
	return lookaside_end(lookaside);
}
