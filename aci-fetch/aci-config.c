/* SPDX-License-Identifier: Apache-2.0 */
/* aci-config - print the configuration that is in force */
/*
 * aci-config [--credentials]
 *
 * Reads what the others read, with their readers, and prints what is left of
 * it: of a host that several directories speak of, the first one's word.
 */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "auth.h"
#include "confdir.h"
#include "dirs.h"
#include "docker.h"
#include "escape.h"
#include "filter.h"
#include "prog.h"
#include "record.h"
#include "scope.h"
#include "sources.h"
#include "usage.h"

enum { FILE_MAX = 64 * 1024 };

static bool credentials;

static const char usage[] =
    "usage: aci-config [--credentials]\n"
    "Prints the configuration that is in force, as JSON.\n"
    "      --credentials  do not hide them\n"
    "  -h, --help         print this\n"
    "      --version      print the version\n";

static void
read_options(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "credentials", no_argument, NULL, 'c' },
		USAGE_OPTIONS,
	};
	int option;

	while ((option = usage_option(argc, argv, "h", options, usage)) != -1) {
		switch (option) {
		case 'c':
			credentials = true;
			break;
		}
	}
	if (optind != argc)
		usage_wrong(usage);
}

/* What the files of one directory's name come to. */
struct merged {
	json_t *list;   /* of objects, those in force */
	json_t *before; /* places that directories before this one have */
	json_t *here;   /* those of this one */
	/* The reader, whose refusal is ours. */
	int (*check)(const char *bytes, size_t length, char **why);
};

static void
begin(void *data)
{
	struct merged *merged = data;

	(void)json_object_update(merged->before, merged->here);
	(void)json_object_clear(merged->here);
}

/* KIND and the place, as those compare it who use it; the caller frees it. */
static char *
place_key(const char *kind, const char *place)
{
	char *key = xasprintf("%s %s", kind, place);
	size_t length = strlen(key);

	if (length > 4 && strcmp(key + length - 4, ":443") == 0)
		key[length - 4] = '\0';
	for (char *c = key; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	return key;
}

/*
 * Takes away the places of which another directory has the word.  Two files of
 * one directory may not have it both.
 */
static int
keep_own(
    const struct merged *merged, const char *kind, json_t *places, char **why)
{
	for (size_t i = json_array_size(places); i-- > 0;) {
		const char *place =
		    json_string_value(json_array_get(places, i));
		autofree char *key = place_key(kind, place);
		autofree char *shown = escape(place);

		if (json_object_get(merged->here, key) != NULL) {
			*why = xasprintf("\"%s\" is there twice", shown);
			return -1;
		}
		(void)json_object_set_new(merged->here, key, json_true());
		if (json_object_get(merged->before, key) != NULL)
			(void)json_array_remove(places, i);
	}
	return 0;
}

static void
hide(json_t *secrets)
{
	const char *name;
	json_t *value;

	json_object_foreach(secrets, name, value)(void)
	    json_object_set_new(secrets, name, json_string("(hidden)"));
}

static int
add(void *data, const char *bytes, size_t length, char **why)
{
	const struct merged *merged = data;
	autojson json_t *json = NULL;
	const char *kind;
	json_t *places;

	if (merged->check(bytes, length, why) < 0)
		return -1;
	json = json_parse_secret(bytes, length, why);
	kind = record_string(json, "rktKind");
	places = json_object_get(
	    json, strcmp(kind, "auth") == 0 ? "domains" : "registries");
	if (keep_own(merged, kind, places, why) < 0)
		return -1;
	if (!credentials)
		hide(json_object_get(json, "credentials"));
	if (json_array_size(places) > 0)
		(void)json_array_append(merged->list, json);
	return 0;
}

static int
check_auth(const char *bytes, size_t length, char **why)
{
	struct auth *auth = auth_new();
	int result = auth_add(auth, bytes, length, why);

	auth_free(auth);
	return result;
}

static int
check_registry(const char *bytes, size_t length, char **why)
{
	char nothing[] = "";
	const struct docker_ref nobody = { .host = nothing,
		.repository = nothing };
	struct sources *sources = sources_new(&nobody);
	int result = sources_add(sources, bytes, length, why);

	sources_free(sources);
	return result;
}

static void
add_files(json_t *list, struct confdir files, struct merged merged)
{
	merged.list = list;
	merged.before = json_object();
	merged.here = json_object();
	files.max = FILE_MAX;
	files.begin = begin;
	files.add = add;
	files.data = &merged;
	confdir_read(&files);
	json_decref(merged.before);
	json_decref(merged.here);
}

int
main(int argc, char *argv[])
{
	autojson json_t *config = NULL;
	json_t *list = json_array();

	prog_start();
	read_options(argc, argv);
	filter_start("config", true);
	(void)json_array_append_new(
	    list, json_pack("{s:s, s:s, s:s}", "rktKind", "paths", "rktVersion",
		      "v1", "data", dirs_data()));
	add_files(list,
	    (struct confdir){ .name = "auth.d", .unfit = auth_unfit },
	    (struct merged){ .check = check_auth });
	add_files(list, (struct confdir){ .name = "registry.d" },
	    (struct merged){ .check = check_registry });
	config = json_pack("{s:o}", "stage0", list);
	(void)json_dumpf(config, stdout, JSON_INDENT(2));
	(void)putchar('\n');
	prog_finish();
	return 0;
}
