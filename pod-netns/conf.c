/* SPDX-License-Identifier: Apache-2.0 */
/* conf - the network files of net.d */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "conf.h"
#include "dirs.h"
#include "escape.h"
#include "path.h"
#include "prog.h"
#include "record.h"
#include "scope.h"
#include "string-list.h"

/* The names of networks are parts of paths, and of tables of nftables. */
#define NAME_CHARACTERS \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
enum { NAME_MAX_LENGTH = 64, PLUGINS_MAX = 16 };

_Noreturn void
conf_refuse(const struct conf *conf, const char *what)
{
	autofree char *shown_file =
	    escape(conf->file == NULL ? "built in" : conf->file);
	autofree char *shown = escape(what);

	prog_diex("%s: %s", shown_file, shown);
}

static json_t *
parse(const struct conf *conf, int dir, const char *name)
{
	size_t length = 0;
	autofree char *bytes = path_read(dir, name, CONF_MAX, &length);
	autofree char *why = NULL;
	json_t *json;

	if (bytes == NULL)
		conf_refuse(conf,
		    errno == EFBIG ? "longer than 64 KiB" : strerror(errno));
	json = json_parse(bytes, length, &why);
	if (json == NULL)
		conf_refuse(conf, why);
	return json;
}

/* A name may do no harm where it is put: CVE-2021-20206 and its like. */
static void
check(const struct conf *conf)
{
	const json_t *plugins = json_object_get(conf->list, "plugins");
	const json_t *version = json_object_get(conf->list, "cniVersion");
	const char *name = conf->name;

	if (name == NULL)
		conf_refuse(conf, "name: missing");
	if (*name == '.' || *name == '-' || *name == '\0' ||
	    strlen(name) > NAME_MAX_LENGTH ||
	    name[strspn(name, NAME_CHARACTERS)] != '\0')
		conf_refuse(conf, "name: not a network's name");
	if (version != NULL && !json_is_string(version))
		conf_refuse(conf, "cniVersion: not a version");
	if (!json_is_array(plugins) || json_array_size(plugins) == 0 ||
	    json_array_size(plugins) > PLUGINS_MAX)
		conf_refuse(conf, "plugins: not a list of 1 to 16");
	for (size_t i = 0; i < json_array_size(plugins); i++) {
		const char *type =
		    record_string(json_array_get(plugins, i), "type");

		if (type == NULL)
			conf_refuse(conf, "type: missing");
		if (!path_is_name(type) || *type == '.' ||
		    type[strspn(type, NAME_CHARACTERS)] != '\0')
			conf_refuse(conf, "type: not a plugin's name");
	}
}

/* A single plugin's file as a list of one. */
static json_t *
list_of(json_t *json)
{
	json_t *list = json_object();

	if (json_object_get(json, "cniVersion") != NULL)
		(void)json_object_set(
		    list, "cniVersion", json_object_get(json, "cniVersion"));
	if (json_object_get(json, "name") != NULL)
		(void)json_object_set(
		    list, "name", json_object_get(json, "name"));
	(void)json_object_set_new(list, "plugins", json_pack("[o]", json));
	return list;
}

static bool
ends_in(const char *name, const char *suffix)
{
	size_t length = strlen(name), tail = strlen(suffix);

	return *name != '.' && length > tail &&
	       strcmp(name + length - tail, suffix) == 0;
}

static struct conf
read_one(const char *path, int dir, const char *name)
{
	struct conf conf = { .file = xasprintf("%s/%s", path, name) };
	json_t *json = parse(&conf, dir, name);

	conf.list = ends_in(name, ".conf") ? list_of(json) : json;
	conf.name = record_string(conf.list, "name");
	check(&conf);
	return conf;
}

static bool
is_conf(const char *name)
{
	return ends_in(name, ".conf") || ends_in(name, ".conflist");
}

static struct conf *
find(const struct confs *confs, size_t from, const char *name)
{
	for (size_t i = from; i < confs->count; i++)
		if (strcmp(confs->conf[i].name, name) == 0)
			return &confs->conf[i];
	return NULL;
}

static void
append(struct confs *confs, const struct conf *conf)
{
	confs->conf =
	    xreallocarray(confs->conf, confs->count + 1, sizeof *confs->conf);
	confs->conf[confs->count++] = *conf;
}

/* Does the file lie in that directory? */
static bool
is_in(const struct conf *conf, const char *path)
{
	return conf->file != NULL &&
	       strncmp(conf->file, path, strlen(path)) == 0 &&
	       conf->file[strlen(path)] == '/';
}

/* The later directory's takes the place of the earlier one's. */
static void
take(struct confs *confs, struct conf conf, const char *path,
    void (*overridden)(const char *, const char *, void *), void *data)
{
	struct conf *same = find(confs, 0, conf.name);

	if (same != NULL && is_in(same, path)) {
		autofree char *what = xasprintf("network \"%s\" is in %s too",
		    conf.name, strrchr(same->file, '/') + 1);

		conf_refuse(&conf, what);
	}
	if (same == NULL) {
		append(confs, &conf);
		return;
	}
	overridden(conf.name, path, data);
	free(same->file);
	json_decref(same->list);
	*same = conf;
}

static void
read_directory(struct confs *confs, const char *base,
    void (*overridden)(const char *, const char *, void *), void *data)
{
	autofree char *path = xasprintf("%s/net.d", base);
	autofd int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct strings names = { 0 };
	size_t count = 0;

	if (dir < 0 ? errno != ENOENT : path_names(dir, &names) < 0)
		prog_die("%s", path);
	for (size_t i = 0; i < names.count; i++) {
		if (!is_conf(names.list[i]))
			continue;
		if (++count > CONF_FILES_MAX)
			prog_diex("%s: more than %d conf files", path,
			    CONF_FILES_MAX);
		take(confs, read_one(path, dir, names.list[i]), path,
		    overridden, data);
	}
	strings_free(&names);
}

/* As the conf files would have them. */
static const char *const built_in[] = {
	"{\"name\":\"default\",\"plugins\":[{\"type\":\"ptp\","
	"\"ipMasq\":true,\"ipam\":{\"type\":\"host-local\",\"ranges\":["
	"[{\"subnet\":\"172.16.28.0/24\"}],"
	"[{\"subnet\":\"fdf2:3a67:91c5:1c::/64\"}]],"
	"\"routes\":[{\"dst\":\"0.0.0.0/0\"},{\"dst\":\"::/0\"}]}}]}",
	"{\"name\":\"default-restricted\",\"plugins\":[{\"type\":\"ptp\","
	"\"ipMasq\":false,\"ipam\":{\"type\":\"host-local\",\"ranges\":["
	"[{\"subnet\":\"172.31.0.0/16\"}],"
	"[{\"subnet\":\"fdf2:3a67:91c5:1f::/64\"}]]}}]}",
};

void
confs_read(struct confs *confs,
    void (*overridden)(const char *, const char *, void *), void *data)
{
	*confs = (struct confs){ 0 };
	for (size_t i = 0; i < sizeof built_in / sizeof *built_in; i++) {
		struct conf conf = { .file = NULL };

		conf.list =
		    json_loads(built_in[i], JSON_REJECT_DUPLICATES, NULL);
		conf.name = record_string(conf.list, "name");
		append(confs, &conf);
	}
	read_directory(confs, dirs_system(), overridden, data);
	read_directory(confs, dirs_conf(), overridden, data);
}
