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
#include "guard.h"
#include "keystore.h"
#include "path.h"
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
	bool system;
	bool survey;
	struct keystore *store;
	char **why;
};

bool
keystore_is_fingerprint(const char *text)
{
	size_t length = strspn(text, "0123456789abcdef");

	return text[length] == '\0' && (length == 40 || length == 64);
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
replace(struct tree *tree, const char *prefix, const char *fingerprint)
{
	struct keystore *store = tree->store;

	for (size_t i = 0; i < store->count; i++) {
		struct trusted_key *key = &store->keys[i];

		if (strcmp(key->prefix, prefix) != 0 ||
		    strcmp(key->fingerprint, fingerprint) != 0)
			continue;
		key->masked = true;
		if (tree->survey)
			return;
		key_free(key);
		*key = store->keys[--store->count];
		return;
	}
}

static int
add(struct tree *tree, struct trusted_key *key)
{
	struct keystore *store = tree->store;

	if (store->count == KEYS_MAX) {
		(void)refuse(tree, key->path, "too many trusted keys");
		key_free(key);
		return -1;
	}
	store->keys =
	    xreallocarray(store->keys, store->count + 1, sizeof *store->keys);
	store->keys[store->count++] = *key;
	return 0;
}

/* The bytes of the file; NULL with what is wrong. */
static char *
read_file(int dir, const char *name, size_t *length, const char **wrong)
{
	autofd int fd = beneath_open(dir, name, O_RDONLY | O_NONBLOCK, 0);
	char *text = NULL;

	*wrong = fd < 0 ? strerror(errno) : guard_check(fd);
	if (*wrong == NULL &&
	    (text = path_read_fd(fd, OPENPGP_MAX, length)) == NULL)
		*wrong = strerror(errno);
	return text;
}

/* What is wrong with the file, or NULL; it is empty if it is a mask. */
static const char *
parse_key(int dir, struct trusted_key *key, bool *empty)
{
	autofree char *text = NULL;
	const char *wrong = NULL;
	size_t length = 0, keys = 0;

	if (!keystore_is_fingerprint(key->fingerprint))
		return "not named by the fingerprint of a key";
	text = read_file(dir, key->fingerprint, &length, &wrong);
	*empty = text != NULL && length == 0;
	if (wrong != NULL || *empty)
		return wrong;
	wrong = openpgp_keys(text, length, &key->key, &keys);
	return wrong == NULL && keys != 1 ? "more than one key" : wrong;
}

static int
read_key(struct tree *tree, int dir, const char *prefix, const char *sub,
    const char *name)
{
	struct trusted_key key = {
		.prefix = xstrdup(prefix),
		.fingerprint = xstrdup(name),
		.path = xasprintf("%s/%s/%s", tree->path, sub, name),
		.system = tree->system,
	};
	bool empty = false;

	key.broken = parse_key(dir, &key, &empty);
	if (key.broken != NULL && !tree->survey) {
		(void)refuse(tree, key.path, key.broken);
		key_free(&key);
		return -1;
	}
	replace(tree, prefix, name);
	if (!empty)
		return add(tree, &key);
	key_free(&key);
	return 0;
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

/* Opens one of its directories.  1: it is not there, or -1 with why. */
static int
open_directory(struct tree *tree, const char *sub, int *fd)
{
	autofree char *path = xasprintf("%s/%s", tree->path, sub);
	const char *wrong;

	*fd = beneath_open(tree->fd, sub, O_RDONLY | O_DIRECTORY, 0);
	if (*fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 1;
	wrong = *fd < 0 ? strerror(errno) : guard_check(*fd);
	return wrong == NULL ? 0 : refuse(tree, path, wrong);
}

/*
 * The keys of one directory; if deep, those of the directories in it too.
 * What is hidden (an editor's, a half-made copy) is none of ours, and a file
 * in prefix.d itself lies below no prefix.
 */
static int
read_directory(
    struct tree *tree, const char *sub, const char *prefix, bool deep)
{
	autofd int fd = -1;
	autodir DIR *entries = NULL;
	int result = open_directory(tree, sub, &fd);

	if (result != 0)
		return result < 0 ? -1 : 0;
	entries = fdopendir(fd);
	if (entries == NULL)
		return refuse(tree, sub, strerror(errno));
	fd = -1;
	for (struct dirent *e; result == 0 && (e = readdir(entries)) != NULL;) {
		if (e->d_name[0] == '.')
			continue;
		if (is_directory(dirfd(entries), e))
			result = deep ? read_below(tree, prefix, e->d_name) : 0;
		else if (!deep || *prefix != '\0')
			result = read_key(
			    tree, dirfd(entries), prefix, sub, e->d_name);
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
	autofd int top = -1;
	int result = open_directory(tree, "prefix.d", &top);

	if (result != 0)
		return result < 0 ? -1 : 0;
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

/* Those of one name, or all. */
static int
read_tree(const char *name, struct tree *tree)
{
	autofd int fd = open(tree->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const char *wrong = fd < 0 ? NULL : guard_check(fd);

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return refuse(tree, tree->path, strerror(errno));
	if (wrong != NULL)
		return refuse(tree, tree->path, wrong);
	tree->fd = fd;
	if (read_directory(tree, "root.d", "", false) < 0)
		return -1;
	return name == NULL ? read_directory(tree, "prefix.d", "", true)
			    : read_prefixes(tree, name);
}

static int
read_trees(const char *name, bool survey, struct keystore *store, char **why)
{
	const char *const places[] = { dirs_system(), dirs_conf() };

	*store = (struct keystore){ .all = name == NULL };
	for (size_t i = 0; i < 2; i++) {
		autofree char *path = xasprintf("%s/trustedkeys", places[i]);
		struct tree tree = { path, -1, i == 0, survey, store, why };

		if (read_tree(name, &tree) < 0)
			return -1;
	}
	return 0;
}

int
keystore_read(const char *name, struct keystore *store, char **why)
{
	return read_trees(name, false, store, why);
}

int
keystore_survey(struct keystore *store, char **why)
{
	return read_trees(NULL, true, store, why);
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
