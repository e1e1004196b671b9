/* SPDX-License-Identifier: Apache-2.0 */
/* sources - where a registry's images are: its mirrors, and itself */

#include <string.h>

#include "alloc.h"
#include "confdir.h"
#include "docker.h"
#include "record.h"
#include "schema.h"
#include "scope.h"
#include "sources.h"
#include "spot.h"

enum { FILE_MAX = 64 * 1024, LOCATION_MAX = 255 };

static const char *
kind_check(const char *text)
{
	return strcmp(text, "registry") == 0 ? NULL : "is not registry";
}

static const char *
host_check(const char *text)
{
	return docker_host_valid(text) ? NULL : "is not a host, or host:port";
}

/* HOST[:PORT][/PATH] */
static const char *
location_check(const char *text)
{
	size_t length = strcspn(text, "/");
	autofree char *host = xstrndup(text, length);

	if (strlen(text) > LOCATION_MAX || !docker_host_valid(host) ||
	    (text[length] == '/' &&
		!docker_repository_valid(text + length + 1)))
		return "is not HOST[:PORT][/PATH]";
	return NULL;
}

static void
add_source(struct sources *sources, const char *location, bool digest_only)
{
	struct source *source = &sources->list[sources->count++];
	const char *repository = sources->ref->repository;
	size_t length = strcspn(location, "/");

	source->host = docker_host(location, length);
	source->repository =
	    location[length] == '/'
		? xasprintf("%s/%s", location + length + 1, repository)
		: xstrdup(repository);
	source->digest_only = digest_only;
}

static int
add_mirror(struct sources *sources, const struct spot *mirror)
{
	autofree char *location = NULL;
	int digest_only = 0;

	if (spot_object(mirror) < 0 ||
	    spot_checked(mirror, "location", location_check, &location) < 0 ||
	    spot_flag(mirror, "digestOnly", &digest_only) < 0)
		return -1;
	add_source(sources, location, digest_only != 0);
	return 0;
}

static int
add_mirrors(struct sources *sources, const struct spot *top)
{
	struct spot list;

	if (spot_list(top, "mirrors", &list) < 0)
		return -1;
	if (spot_count(&list) >= SOURCES_MAX)
		return spot_fail(
		    &list, "has more than %d elements", SOURCES_MAX - 1);
	for (size_t i = 0; i < spot_count(&list); i++) {
		struct spot mirror = spot_element(&list, i);

		if (add_mirror(sources, &mirror) < 0)
			return -1;
	}
	return 0;
}

/* Is ours among the registries?  It may be there once in a directory. */
static int
is_ours(struct sources *sources, const struct spot *top, bool *ours)
{
	struct strings registries = { 0 };
	struct spot list;
	size_t times = 0;
	int result = -1;

	if (schema_strings(top, "registries", host_check, &registries) == 0 &&
	    spot_list(top, "registries", &list) == 0)
		result = 0;
	for (size_t i = 0; i < registries.count; i++) {
		const char *text = registries.list[i];
		autofree char *host = docker_host(text, strlen(text));

		times += strcmp(host, sources->ref->host) == 0;
	}
	*ours = times > 0 && sources->found != SOURCES_BEFORE;
	if (result == 0 && registries.count == 0)
		result = spot_fail(&list, "names no registry");
	else if (result == 0 && *ours &&
		 (times > 1 || sources->found == SOURCES_HERE))
		result = spot_bad(&list, sources->ref->host, "is there twice");
	strings_free(&registries);
	return result;
}

static void
clear(struct sources *sources)
{
	for (size_t i = 0; i < sources->count; i++) {
		free(sources->list[i].host);
		free(sources->list[i].repository);
	}
	strings_free(&sources->token_servers);
}

int
sources_add(
    struct sources *sources, const char *bytes, size_t length, char **why)
{
	autojson json_t *json = json_parse(bytes, length, why);
	struct spot top = { .name = "", .json = json, .why = why };
	autofree char *kind = NULL;
	autofree char *version = NULL;
	struct sources others = { .ref = sources->ref };
	struct sources *to = &others;
	bool ours = false;
	int result = 0;

	if (json == NULL || spot_object(&top) < 0 ||
	    spot_checked(&top, "rktKind", kind_check, &kind) < 0 ||
	    spot_checked(&top, "rktVersion", confdir_version_check, &version) <
		0 ||
	    is_ours(sources, &top, &ours) < 0)
		return -1;
	if (ours) {
		sources->found = SOURCES_HERE;
		to = sources;
	}
	/* What is said of others is read too, lest a fault in it lie asleep. */
	if (add_mirrors(to, &top) < 0 ||
	    schema_strings(
		&top, "tokenServers", host_check, &to->token_servers) < 0)
		result = -1;
	clear(&others);
	return result;
}

static void
begin(void *data)
{
	struct sources *sources = data;

	if (sources->found == SOURCES_HERE)
		sources->found = SOURCES_BEFORE;
}

static int
add(void *data, const char *bytes, size_t length, char **why)
{
	return sources_add(data, bytes, length, why);
}

struct sources *
sources_new(const struct docker_ref *ref)
{
	struct sources *sources = xcalloc(1, sizeof *sources);

	sources->ref = ref;
	return sources;
}

struct sources *
sources_read(const struct docker_ref *ref)
{
	struct sources *sources = sources_new(ref);
	struct confdir files = { .name = "registry.d",
		.max = FILE_MAX,
		.begin = begin,
		.add = add,
		.data = sources };

	confdir_read(&files);
	add_source(sources, ref->host, false);
	return sources;
}

void
sources_free(struct sources *sources)
{
	if (sources == NULL)
		return;
	clear(sources);
	free(sources);
}
