/* SPDX-License-Identifier: Apache-2.0 */
/* image - the images of the store: what is known of each, and finding them */

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "actype.h"
#include "alloc.h"
#include "clock.h"
#include "dependency.h"
#include "image.h"
#include "path.h"
#include "record.h"
#include "remote.h"
#include "scope.h"

json_t *
image_info(const char *id, const struct image_manifest *manifest, int64_t size,
    bool latest)
{
	json_int_t now = clock_wall();
	json_t *info;

	info = json_pack("{s:i,s:s,s:s,s:o,s:I,s:I,s:I}", "v", 1, "id", id,
	    "name", manifest->name, "labels", labels_object(&manifest->labels),
	    "size", (json_int_t)size, "imported", now, "latest",
	    latest ? now : 0);
	if (manifest->dependency_count > 0)
		(void)json_object_set_new(
		    info, "dependencies", dependencies_json(manifest));
	return info;
}

json_t *
image_load(int cas, const char *key)
{
	autofree char *path = store_info(key);
	autofree char *bytes = NULL;
	autofree char *why = NULL;
	size_t length = 0;
	json_t *info;

	bytes = path_read(cas, path, INFO_MAX, &length);
	if (bytes == NULL) {
		if (errno == ENOTDIR)
			errno = ENOENT;
		return NULL;
	}
	info = json_parse(bytes, length, &why);
	if (info != NULL && record_string(info, "id") != NULL &&
	    strncmp(record_string(info, "id"), key, KEY_TEXT - 1) == 0 &&
	    record_string(info, "name") != NULL)
		return info;
	json_decref(info);
	errno = EBADMSG;
	return NULL;
}

bool
image_is_tree(const json_t *info)
{
	const char *kind = record_string(info, "root.kind");

	return kind != NULL && strcmp(kind, "tree") == 0;
}

/* Who may not look into the trees has to believe it. */
static bool
is_there(int cas, const char *path)
{
	return path != NULL &&
	       (faccessat(cas, path, F_OK, 0) == 0 || errno == EACCES);
}

bool
image_complete(int cas, const json_t *info)
{
	const json_t *device;
	size_t i;

	json_array_foreach(record_get(info, "root.devices"), i, device)
	{
		if (!is_there(cas, json_string_value(device)))
			return false;
	}
	return is_there(cas, record_string(info, "root.path"));
}

static json_t *
path_json(const char *path)
{
	autofree char *absolute = store_absolute(path);

	return json_string(absolute);
}

/* The member "root" as a record has it: absolute. */
static json_t *
root_json(const json_t *info)
{
	json_t *root =
	    json_pack("{s:O,s:o}", "kind", record_get(info, "root.kind"),
		"path", path_json(record_string(info, "root.path")));
	json_t *devices;
	const json_t *device;
	size_t i;

	if (image_is_tree(info))
		return root;
	devices = json_array();
	json_array_foreach(record_get(info, "root.devices"), i, device)
	    json_array_append_new(
		devices, path_json(json_string_value(device)));
	(void)json_object_set_new(root, "devices", devices);
	return root;
}

json_t *
image_store(int cas, const json_t *info)
{
	const char *id = record_string(info, "id");
	bool complete = image_complete(cas, info);
	autofree char *manifest = NULL;
	char key[KEY_TEXT];
	json_t *store;

	store_key(id, key);
	manifest = xasprintf("image/%s/manifest", key);
	store = json_pack("{s:s,s:s,s:O,s:o,s:o}", "id", id, "key", key, "name",
	    json_object_get(info, "name"), "manifest", path_json(manifest),
	    "missing",
	    complete ? json_array()
		     : dependencies_missing(
			   cas, json_object_get(info, "dependencies")));
	if (complete)
		(void)json_object_set_new(store, "root", root_json(info));
	return store;
}

json_t *
image_record(int cas, const json_t *info, const char *image)
{
	return json_pack("{s:i,s:s,s:o}", "v", 1, "image", image, "store",
	    image_store(cas, info));
}

/* Those in a directory of keys, in order; without that there are none. */
static int
each_key(int cas, const char *path,
    int (*visit)(int cas, const char *key, void *data), void *data)
{
	autofd int fd = openat(cas, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct strings names = { 0 };
	int result;

	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	result = path_names(fd, &names);
	for (size_t i = 0; i < names.count && result == 0; i++)
		if (store_is_key(names.list[i]))
			result = visit(cas, names.list[i], data);
	strings_free(&names);
	return result;
}

int
image_each(
    int cas, int (*visit)(int cas, const char *key, void *data), void *data)
{
	return each_key(cas, "image", visit, data);
}

/* By name: each image of it whose labels are those wanted is compared with
 * the best so far. */
struct search {
	const char *name;
	const struct labels *labels;
	bool any_version;
	bool found;
	int64_t latest, imported;
	char key[KEY_TEXT];
};

static bool
label_is(const json_t *info, const char *name, const char *value)
{
	const char *has = json_string_value(
	    json_object_get(json_object_get(info, "labels"), name));

	return has != NULL && strcmp(has, value) == 0;
}

static bool
is_wanted(const json_t *info, const struct search *search)
{
	const struct labels *labels = search->labels;

	if (strcmp(record_string(info, "name"), search->name) != 0)
		return false;
	if (labels_get(labels, "os") == NULL &&
	    !label_is(info, "os", host_os()))
		return false;
	if (labels_get(labels, "arch") == NULL &&
	    !label_is(info, "arch", host_arch()))
		return false;
	for (size_t i = 0; i < labels->count; i++)
		if (!label_is(
			info, labels->list[i].name, labels->list[i].value))
			return false;
	return true;
}

static int
look_at(int cas, const char *key, void *data)
{
	struct search *search = data;
	autojson json_t *info = image_load(cas, key);
	int64_t latest, imported;

	/* A name without its image: a put or rm was cut short. */
	if (info == NULL)
		return errno == ENOENT ? 0 : -1;
	if (!is_wanted(info, search))
		return 0;
	latest = search->any_version ? record_number(info, "latest", 0) : 0;
	imported = record_number(info, "imported", 0);
	if (search->found &&
	    (search->latest > latest ||
		(search->latest == latest && search->imported >= imported)))
		return 0;
	search->found = true;
	search->latest = latest;
	search->imported = imported;
	store_key(key, search->key);
	return 0;
}

int
image_find_name(
    int cas, const char *name, const struct labels *labels, char key[KEY_TEXT])
{
	struct search search = {
		.name = name,
		.labels = labels,
		.any_version = labels_get(labels, "version") == NULL,
	};
	autofree char *path = store_name(name);

	if (path == NULL || acidentifier_check(name) != NULL)
		return 0;
	if (each_key(cas, path, look_at, &search) < 0)
		return -1;
	store_key(search.key, key);
	return search.found ? 1 : 0;
}

/* By the beginning of an id. */
struct prefix {
	const char *text;
	struct strings *candidates;
};

static int
match_prefix(int cas, const char *key, void *data)
{
	const struct prefix *prefix = data;

	(void)cas;
	if (strncmp(key, prefix->text, strlen(prefix->text)) == 0)
		strings_add(prefix->candidates, key);
	return 0;
}

/* A whole key needs no search; a whole id must be the id. */
static int
find_whole(int cas, const char *text, char key[KEY_TEXT])
{
	autojson json_t *info = NULL;

	store_key(text, key);
	info = image_load(cas, key);
	if (info == NULL)
		return errno == ENOENT ? 0 : -1;
	return strncmp(record_string(info, "id"), text, strlen(text)) == 0;
}

static int
find_hash(
    int cas, const char *text, char key[KEY_TEXT], struct strings *candidates)
{
	struct prefix prefix = { .text = text, .candidates = candidates };

	if (strlen(text) >= KEY_TEXT - 1)
		return find_whole(cas, text, key);
	if (image_each(cas, match_prefix, &prefix) < 0)
		return -1;
	if (candidates->count == 1)
		store_key(candidates->list[0], key);
	return (int)candidates->count;
}

static int
find_url(int cas, const char *url, char key[KEY_TEXT])
{
	struct remote remote;
	autojson json_t *info = NULL;
	int found = remote_read(cas, url, &remote);

	store_key(remote.key, key);
	remote_free(&remote);
	if (found <= 0)
		return found;
	info = image_load(cas, key);
	if (info == NULL)
		return errno == ENOENT ? 0 : -1;
	return 1;
}

int
image_find(int cas, const struct ref *ref, char key[KEY_TEXT],
    struct strings *candidates)
{
	autofree char *url = NULL;

	switch (ref->kind) {
	case REF_HASH:
		return find_hash(cas, ref->text, key, candidates);
	case REF_NAME:
		return image_find_name(cas, ref->name, &ref->labels, key);
	case REF_URL:
	case REF_FILE:
	case REF_DOCKER:
	case REF_OCI:
	case REF_OCI_ARCHIVE:
	case REF_DOCKER_ARCHIVE:
		break;
	}
	url = ref_url(ref);
	return url == NULL ? 0 : find_url(cas, url, key);
}
