/* SPDX-License-Identifier: Apache-2.0 */
/* image - the images of the store: what is known of each, and finding them */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>

#include "actype.h"
#include "alloc.h"
#include "image.h"
#include "path.h"
#include "record.h"
#include "remote.h"
#include "scope.h"

int64_t
image_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static json_t *
labels_object(const struct labels *labels)
{
	json_t *object = json_object();

	for (size_t i = 0; i < labels->count; i++)
		(void)json_object_set_new(object, labels->list[i].name,
		    json_string(labels->list[i].value));
	return object;
}

static json_t *
dependencies(const struct image_manifest *manifest)
{
	json_t *list = json_array();

	for (size_t i = 0; i < manifest->dependency_count; i++) {
		const struct dependency *d = &manifest->dependencies[i];
		json_t *object = json_pack("{s:s,s:o}", "name", d->name,
		    "labels", labels_object(&d->labels));

		if (d->id != NULL)
			(void)json_object_set_new(
			    object, "id", json_string(d->id));
		(void)json_array_append_new(list, object);
	}
	return list;
}

json_t *
image_info(const char *id, const struct image_manifest *manifest, int64_t size,
    bool latest, const char *kind)
{
	json_int_t now = image_now();
	json_t *info;

	info = json_pack("{s:i,s:s,s:s,s:o,s:I,s:I,s:I,s:s}", "v", 1, "id", id,
	    "name", manifest->name, "labels", labels_object(&manifest->labels),
	    "size", (json_int_t)size, "imported", now, "latest",
	    latest ? now : 0, "kind", kind);
	if (manifest->dependency_count > 0)
		(void)json_object_set_new(
		    info, "dependencies", dependencies(manifest));
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
	    record_string(info, "name") != NULL &&
	    record_string(info, "kind") != NULL)
		return info;
	json_decref(info);
	errno = EBADMSG;
	return NULL;
}

static bool
is_tree(const json_t *info)
{
	const char *kind = record_string(info, "kind");

	return kind != NULL && strcmp(kind, "tree") == 0;
}

bool
image_complete(int cas, const char *key, const json_t *info)
{
	autofree char *blob = store_blob(key);
	autofree char *root = is_tree(info) ? xasprintf("tree/%s/marker", key)
					    : xasprintf("index/%s", key);

	return faccessat(cas, blob, F_OK, 0) == 0 &&
	       faccessat(cas, root, F_OK, 0) == 0;
}

/* By a name and labels; the host's os and arch unless given. */
static int find_name(
    int cas, const char *name, const struct labels *labels, char key[KEY_TEXT]);

/* Is what an item of "dependencies" names in the store? */
static bool
has_dependency(int cas, const json_t *item)
{
	const char *name = record_string(item, "name");
	json_t *object = json_object_get(item, "labels");
	struct labels labels = { 0 };
	char key[KEY_TEXT];
	int found = 0;

	for (void *i = json_object_iter(object); i != NULL;
	     i = json_object_iter_next(object, i))
		labels_set(&labels, json_object_iter_key(i),
		    json_string_value(json_object_iter_value(i)));
	if (name != NULL)
		found = find_name(cas, name, &labels, key);
	labels_free(&labels);
	return found > 0;
}

/* The names of the dependencies that are not in the store. */
static json_t *
missing(int cas, const json_t *info)
{
	const json_t *all = json_object_get(info, "dependencies");
	json_t *list = json_array();
	size_t i;
	json_t *item;

	json_array_foreach(all, i, item) if (!has_dependency(cas, item))(void)
	    json_array_append(list, json_object_get(item, "name"));
	return list;
}

static json_t *
path_json(const char *path)
{
	autofree char *absolute = store_absolute(path);

	return json_string(absolute);
}

static json_t *
root_json(const char *key, const json_t *info)
{
	autofree char *blob = store_blob(key);
	autofree char *path = is_tree(info) ? xasprintf("tree/%s/rootfs", key)
					    : xasprintf("index/%s", key);

	if (is_tree(info))
		return json_pack(
		    "{s:s,s:o}", "kind", "tree", "path", path_json(path));
	return json_pack("{s:s,s:o,s:[o]}", "kind", "erofs", "path",
	    path_json(path), "devices", path_json(blob));
}

json_t *
image_store(int cas, const json_t *info)
{
	const char *id = record_string(info, "id");
	autofree char *manifest = NULL;
	char key[KEY_TEXT];

	store_key(id, key);
	manifest = xasprintf("image/%s/manifest", key);
	return json_pack("{s:s,s:s,s:O,s:o,s:o,s:o}", "id", id, "key", key,
	    "name", json_object_get(info, "name"), "manifest",
	    path_json(manifest), "missing", missing(cas, info), "root",
	    root_json(key, info));
}

json_t *
image_record(int cas, const json_t *info, const char *image)
{
	return json_pack("{s:i,s:s,s:o}", "v", 1, "image", image, "store",
	    image_store(cas, info));
}

/* A directory of keys, read to its end. */
static int
each_key(int cas, const char *path,
    int (*visit)(int cas, const char *key, void *data), void *data)
{
	autodir DIR *dir = NULL;
	autofd int fd = openat(cas, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int result = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	dir = fdopendir(fd);
	if (dir == NULL)
		return -1;
	(void)take_fd(&fd);
	errno = 0;
	for (struct dirent *e; result == 0 && (e = readdir(dir)) != NULL;)
		if (store_is_key(e->d_name))
			result = visit(cas, e->d_name, data);
	return result == 0 && errno != 0 ? -1 : result;
}

struct keys {
	char **list;
	size_t count;
};

static int
collect_key(int cas, const char *key, void *data)
{
	struct keys *keys = data;

	(void)cas;
	if ((keys->count & (keys->count + 1)) == 0)
		keys->list = xreallocarray(
		    keys->list, 2 * keys->count + 1, sizeof *keys->list);
	keys->list[keys->count++] = xstrdup(key);
	return 0;
}

static int
compare_keys(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int
image_each(
    int cas, int (*visit)(int cas, const char *key, void *data), void *data)
{
	struct keys keys = { 0 };
	int result = each_key(cas, "image", collect_key, &keys);

	if (keys.count > 0)
		qsort(keys.list, keys.count, sizeof *keys.list, compare_keys);
	for (size_t i = 0; i < keys.count; i++) {
		if (result == 0)
			result = visit(cas, keys.list[i], data);
		free(keys.list[i]);
	}
	free(keys.list);
	return result;
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

static int
find_name(
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
		return find_name(cas, ref->name, &ref->labels, key);
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
