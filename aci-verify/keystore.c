/* SPDX-License-Identifier: Apache-2.0 */
/* keystore - which keys are trusted for which names */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "actype.h"
#include "alloc.h"
#include "dirs.h"
#include "docker.h"
#include "escape.h"
#include "keystore.h"
#include "path.h"
#include "publish.h"
#include "scope.h"

enum { KEYS_MAX = 1024, PREFIX_MAX = 1024 };

const char *
prefix_check(const char *prefix)
{
	const char *wrong = acidentifier_check(prefix);
	autofree char *below = xasprintf("docker://%s/x", prefix);
	autofree char *name = NULL;
	struct docker_ref ref;
	const char *why;

	if (wrong == NULL || docker_ref_parse(below, &ref, &why) < 0)
		return wrong;
	/* What is completed, to one of the hub's names, is none in full. */
	name = docker_ref_name(&ref);
	docker_ref_free(&ref);
	return strlen(name) == strlen(prefix) + 2 &&
		       strncmp(name, prefix, strlen(prefix)) == 0
		   ? NULL
		   : wrong;
}

/* One of the two configuration directories while it is read. */
struct tree {
	char *path; /* …/trustedkeys */
	int fd;
	struct keystore *store;
	char **why;
};

static bool
is_fingerprint(const char *name)
{
	size_t length = strspn(name, "0123456789abcdef");

	return name[length] == '\0' && (length == 40 || length == 64);
}

/* *why is "PATH: TEXT", the path escaped. */
static int
refuse(struct tree *tree, const char *path, const char *text)
{
	autofree char *shown = escape(path);

	*tree->why = xasprintf("%s: %s", shown, text);
	return -1;
}

static void
key_free(struct trusted_key *key)
{
	free(key->prefix);
	free(key->fingerprint);
	free(key->path);
	free(key->key.bytes);
}

/* A local file takes the place of the system's. */
static void
forget(struct keystore *store, const char *prefix, const char *fingerprint)
{
	for (size_t i = 0; i < store->count; i++) {
		struct trusted_key *key = &store->keys[i];

		if (strcmp(key->prefix, prefix) != 0 ||
		    strcmp(key->fingerprint, fingerprint) != 0)
			continue;
		key_free(key);
		*key = store->keys[--store->count];
		return;
	}
}

static int
add(struct tree *tree, const char *prefix, const char *name, const char *path,
    struct openpgp *key)
{
	struct keystore *store = tree->store;

	if (store->count == KEYS_MAX) {
		free(key->bytes);
		return refuse(tree, path, "too many trusted keys");
	}
	store->keys =
	    xreallocarray(store->keys, store->count + 1, sizeof *store->keys);
	store->keys[store->count++] = (struct trusted_key){
		.prefix = xstrdup(prefix),
		.fingerprint = xstrdup(name),
		.path = xstrdup(path),
		.key = *key,
	};
	return 0;
}

static int
read_key(struct tree *tree, int dir, const char *prefix, const char *sub,
    const char *name)
{
	autofree char *path = xasprintf("%s/%s/%s", tree->path, sub, name);
	autofree char *text = NULL;
	struct openpgp key;
	size_t length = 0, keys = 0;
	const char *why;

	if (!is_fingerprint(name))
		return refuse(
		    tree, path, "not named by the fingerprint of a key");
	text = path_read(dir, name, OPENPGP_MAX, &length);
	if (text == NULL)
		return refuse(tree, path, strerror(errno));
	forget(tree->store, prefix, name);
	if (length == 0)
		return 0;
	why = openpgp_keys(text, length, &key, &keys);
	if (why == NULL && keys != 1) {
		why = "more than one key";
		free(key.bytes);
	}
	if (why != NULL)
		return refuse(tree, path, why);
	return add(tree, prefix, name, path, &key);
}

static bool
is_directory(int dir, const struct dirent *entry)
{
	struct stat file;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_DIR;
	return fstatat(dir, entry->d_name, &file, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(file.st_mode);
}

static int read_below(struct tree *tree, const char *prefix, const char *name);

/*
 * The keys of one directory; if deep, those of the directories in it too.
 * What is hidden (an editor's, a half-made copy) is none of ours.
 */
static int
read_directory(
    struct tree *tree, const char *sub, const char *prefix, bool deep)
{
	autofd int fd = beneath_open(tree->fd, sub, O_RDONLY | O_DIRECTORY, 0);
	autodir DIR *entries = NULL;
	int result = 0;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd < 0 || (entries = fdopendir(fd)) == NULL) {
		autofree char *path = xasprintf("%s/%s", tree->path, sub);

		return refuse(tree, path, strerror(errno));
	}
	fd = -1;
	for (struct dirent *e; result == 0 && (e = readdir(entries)) != NULL;) {
		if (e->d_name[0] == '.')
			continue;
		if (!is_directory(dirfd(entries), e))
			result = read_key(
			    tree, dirfd(entries), prefix, sub, e->d_name);
		else if (deep)
			result = read_below(tree, prefix, e->d_name);
	}
	return result;
}

/* The prefix that is one part longer; a name that is none has no keys. */
static int
read_below(struct tree *tree, const char *prefix, const char *name)
{
	autofree char *longer =
	    xasprintf("%s%s%s", prefix, *prefix == '\0' ? "" : "/", name);
	autofree char *sub = xasprintf("prefix.d/%s", longer);

	if (strlen(longer) > PREFIX_MAX || prefix_check(longer) != NULL)
		return 0;
	return read_directory(tree, sub, longer, true);
}

/* The name itself and what stands before each of its slashes. */
static int
read_prefixes(struct tree *tree, const char *name)
{
	for (size_t i = 1;; i++) {
		if (name[i] != '/' && name[i] != '\0')
			continue;
		autofree char *prefix = xstrndup(name, i);
		autofree char *sub = xasprintf("prefix.d/%s", prefix);

		if (read_directory(tree, sub, prefix, false) < 0)
			return -1;
		if (name[i] == '\0')
			return 0;
	}
}

static int
read_all_prefixes(struct tree *tree)
{
	autofd int fd =
	    beneath_open(tree->fd, "prefix.d", O_RDONLY | O_DIRECTORY, 0);
	autodir DIR *entries = NULL;
	int result = 0;

	if (fd < 0 || (entries = fdopendir(fd)) == NULL)
		return fd < 0 && errno == ENOENT
			   ? 0
			   : refuse(tree, tree->path, strerror(errno));
	fd = -1;
	for (struct dirent *e; result == 0 && (e = readdir(entries)) != NULL;)
		if (e->d_name[0] != '.' && is_directory(dirfd(entries), e))
			result = read_below(tree, "", e->d_name);
	return result;
}

static int
read_tree(const char *name, struct tree *tree)
{
	autofd int fd = open(tree->path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return refuse(tree, tree->path, strerror(errno));
	tree->fd = fd;
	if (read_directory(tree, "root.d", "", false) < 0)
		return -1;
	return name == NULL ? read_all_prefixes(tree)
			    : read_prefixes(tree, name);
}

int
keystore_read(const char *name, struct keystore *store, char **why)
{
	const char *const places[] = { dirs_system(), dirs_conf() };

	*store = (struct keystore){ .all = name == NULL };
	for (size_t i = 0; i < 2; i++) {
		autofree char *path = xasprintf("%s/trustedkeys", places[i]);
		struct tree tree = { path, -1, store, why };

		if (read_tree(name, &tree) < 0)
			return -1;
	}
	return 0;
}

void
keystore_free(struct keystore *store)
{
	for (size_t i = 0; i < store->count; i++)
		key_free(&store->keys[i]);
	free(store->keys);
	*store = (struct keystore){ 0 };
}

void
keystore_keep(struct keystore *store, const char *fingerprint)
{
	size_t kept = 0;

	for (size_t i = 0; i < store->count; i++)
		if (strcmp(store->keys[i].fingerprint, fingerprint) == 0)
			store->keys[kept++] = store->keys[i];
		else
			key_free(&store->keys[i]);
	store->count = kept;
}

const struct trusted_key *
keystore_first(const struct keystore *store, const struct trusted_key *key)
{
	const struct trusted_key *first = store->keys;

	while (strcmp(first->fingerprint, key->fingerprint) != 0)
		first++;
	return first;
}

json_t *
keystore_prefixes(const struct keystore *store, const char *fingerprint)
{
	json_t *prefixes = json_array();

	for (size_t i = 0; i < store->count; i++)
		if (strcmp(store->keys[i].fingerprint, fingerprint) == 0)
			(void)json_array_append_new(
			    prefixes, json_string(store->keys[i].prefix));
	return prefixes;
}

char *
keystore_add(const char *prefix, const char *fingerprint, const char *armoured,
    char **failed)
{
	autofree char *dir = xasprintf("%s/trustedkeys/%s%s", dirs_conf(),
	    prefix == NULL ? "root.d" : "prefix.d/",
	    prefix == NULL ? "" : prefix);
	autofree char *path = xasprintf("%s/%s", dir, fingerprint);
	autofd int fd = path_mkdirs(AT_FDCWD, dir, 0755);

	if (fd < 0) {
		*failed = take_ptr(&dir);
		return NULL;
	}
	if (publish_file(fd, fingerprint, armoured, strlen(armoured), 0644,
		PUBLISH_DURABLE | PUBLISH_REPLACE) < 0) {
		*failed = take_ptr(&path);
		return NULL;
	}
	return take_ptr(&path);
}
