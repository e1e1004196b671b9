/* SPDX-License-Identifier: Apache-2.0 */
/* remove - out of the store: images, and what a crash has left */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "alloc.h"
#include "clock.h"
#include "image.h"
#include "path.h"
#include "prog.h"
#include "publish.h"
#include "record.h"
#include "remove.h"
#include "scope.h"
#include "store.h"
#include "uuid.h"

/* A pod that uses a tree has linked its marker. */
static bool
is_used_tree(int dir, const char *name)
{
	autofree char *marker = xasprintf("%s/marker", name);
	struct stat status;

	return fstatat(dir, marker, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	       status.st_nlink > 1;
}

/*
 * Renames a tree to *away in tmp: from then on no pod finds it.  Returns 1, 0
 * if there is none, or -1.
 */
static int
take_tree_away(int cas, const char *key, char **away)
{
	autofree char *path = xasprintf("tree/%s", key);
	char uuid[UUID_SIZE];

	uuid_make(uuid);
	*away = xasprintf("tmp/tree-%s", uuid);
	if (renameat(cas, path, cas, *away) == 0)
		return 1;
	return errno == ENOENT ? 0 : -1;
}

/*
 * 1 if it is in use: then it stays in its place, where its pods may be looking
 * for it now.  Did a pod link it just before it was away, it goes back.
 */
static int
remove_tree(int cas, const char *key)
{
	autofree char *path = xasprintf("tree/%s", key);
	autofree char *away = NULL;
	autofd int tmp = store_dir(cas, "tmp");
	int result;

	if (is_used_tree(cas, path))
		return 1;
	result = tmp < 0 ? -1 : take_tree_away(cas, key, &away);
	if (result <= 0)
		return result;
	if (is_used_tree(cas, away))
		return renameat(cas, away, cas, path) < 0 ? -1 : 1;
	return path_remove(tmp, away + strlen("tmp/"));
}

int
tree_withdraw(int cas, const char *key)
{
	autofree char *away = NULL;
	autofd int tmp = store_dir(cas, "tmp");
	int result = tmp < 0 ? -1 : take_tree_away(cas, key, &away);

	if (result <= 0 || is_used_tree(cas, away))
		return result < 0 ? -1 : 0;
	return path_remove(tmp, away + strlen("tmp/"));
}

static int
unlink_path(int cas, const char *path)
{
	return unlinkat(cas, path, 0) < 0 && errno != ENOENT ? -1 : 0;
}

/*
 * Its name alone is left of a blob that nobody uses: each image, and each pod,
 * has a link of its own to those that it needs.
 */
static bool
is_unused(int dir, const char *path)
{
	struct stat status;

	return fstatat(dir, path, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	       status.st_nlink == 1;
}

/* And what was read of it. */
static int
unlink_unused(int cas, const char *path)
{
	const char *slash = strrchr(path, '/');
	autofree char *entries = store_entries(slash + 1);

	if (!is_unused(cas, path))
		return 0;
	return unlink_path(cas, path) < 0 ? -1 : unlink_path(cas, entries);
}

/* The index, what was spilled for it, and the blobs. */
static int
remove_devices(int cas, const char *key, const json_t *info)
{
	autofree char *blob = store_blob(key);
	const char *index = record_string(info, "root.path");
	const json_t *device;
	size_t i;

	if (index != NULL && strncmp(index, "index/", 6) == 0 &&
	    unlink_path(cas, index) < 0)
		return -1;
	json_array_foreach(record_get(info, "root.devices"), i, device)
	{
		const char *path = json_string_value(device);

		if (path != NULL && strchr(path, '/') != NULL &&
		    unlink_unused(cas, path) < 0)
			return -1;
	}
	return unlink_unused(cas, blob);
}

/* All but image/KEY; info is NULL if it is damaged. */
static int
remove_parts(int cas, const char *key, const json_t *info)
{
	const char *name = record_string(info, "name");
	autofree char *dir = name == NULL ? NULL : store_name(name);
	autofree char *entry =
	    dir == NULL ? NULL : xasprintf("%s/%s", dir, key);

	if (entry != NULL && unlink_path(cas, entry) < 0)
		return -1;
	/* Of other images of that name there may be entries. */
	if (dir != NULL)
		(void)unlinkat(cas, dir, AT_REMOVEDIR);
	if (remove_devices(cas, key, info) < 0)
		return -1;
	return remove_tree(cas, key) < 0 ? -1 : 0;
}

int
image_remove(int cas, const char *key, struct fault *fault)
{
	autofd int lock = store_lock(cas, STORE_EXCLUSIVE);
	autofd int tmp = store_dir(cas, "tmp");
	autofd int images = store_dir(cas, "image");
	autojson json_t *info = image_load(cas, key);
	autofree char *away = NULL;
	char uuid[UUID_SIZE];

	uuid_make(uuid);
	away = xasprintf("image-%s", uuid);
	if (lock < 0 || tmp < 0 || images < 0)
		return fault_errno(fault, "store");
	/* Whoever asked had no lock yet: another may have been faster. */
	if (faccessat(images, key, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return fault_set(fault, EX_NO, "%s: not in the store", key);
	/* The step that makes it no image; the rest is space.  Its links to the
	 * blobs go first. */
	if (publish_rename(images, key, tmp, away, true) < 0 ||
	    path_remove(tmp, away) < 0 || remove_parts(cas, key, info) < 0)
		return fault_errno(fault, "%s", key);
	return 0;
}

static bool
has_image(int cas, const char *key)
{
	autofree char *path = store_info(key);

	return faccessat(cas, path, F_OK, 0) == 0;
}

void
image_take_back(int cas, const char *key, const json_t *info)
{
	autofd int lock = store_lock(cas, STORE_EXCLUSIVE_NOW);

	/* Who stores at this time may count on what is there. */
	if (lock >= 0 && !has_image(cas, key))
		(void)remove_parts(cas, key, info);
}

struct clean {
	int cas;
	int64_t before; /* older than that */
};

/* Is the file, or directory, older than the grace period? */
static bool
is_old(const struct clean *clean, int dir, const char *name)
{
	struct stat status;

	if (fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	return (int64_t)status.st_ctim.tv_sec * CLOCK_SECOND +
		   status.st_ctim.tv_nsec <
	       clean->before;
}

/* Calls visit for each name of a directory of the store. */
static int
each(const struct clean *clean, const char *path,
    int (*visit)(const struct clean *, int dir, const char *name))
{
	autofd int fd = openat(
	    clean->cas, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	autodir DIR *dir = NULL;
	int result = 0, saved = 0;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	dir = fdopendir(fd);
	if (dir == NULL)
		return -1;
	(void)take_fd(&fd);
	for (struct dirent *e; (e = readdir(dir)) != NULL;)
		if (path_is_name(e->d_name) &&
		    visit(clean, dirfd(dir), e->d_name) < 0) {
			saved = errno;
			result = -1;
		}
	if (result < 0)
		errno = saved;
	return result;
}

/*
 * Has whoever made it in tmp ended?  Those of images and trees hold the
 * store's lock, and now we do.
 */
static bool
is_over(const char *name)
{
	if (strncmp(name, "pipe-", 5) == 0)
		return !store_is_awaited(name);
	return strncmp(name, "image-", 6) == 0 ||
	       strncmp(name, "tree-", 5) == 0;
}

static int
clean_tmp(const struct clean *clean, int dir, const char *name)
{
	/* A damaged tree may have pods yet. */
	if ((!is_old(clean, dir, name) && !is_over(name)) ||
	    is_used_tree(dir, name))
		return 0;
	return path_remove(dir, name);
}

/* The names of images: the links that lead to them. */
static int
clean_name(const struct clean *clean, int dir, const char *name)
{
	if (!store_is_key(name) || has_image(clean->cas, name) ||
	    !is_old(clean, dir, name))
		return 0;
	return unlinkat(dir, name, 0);
}

static int
clean_blob(const struct clean *clean, int dir, const char *name)
{
	if (!store_is_blob(name) || !is_unused(dir, name) ||
	    has_image(clean->cas, name) || !is_old(clean, dir, name))
		return 0;
	return unlinkat(dir, name, 0);
}

static int
clean_sha512(const struct clean *clean, int dir, const char *name)
{
	autofree char *path = xasprintf("blob/sha512/%s", name);

	(void)dir;
	return each(clean, path, clean_blob);
}

static int
clean_sha256(const struct clean *clean, int dir, const char *name)
{
	autofree char *path = xasprintf("blob/sha256/%s", name);

	(void)dir;
	return each(clean, path, clean_blob);
}

/* After the blobs, as the next: what was read of one. */
static int
clean_entries(const struct clean *clean, int dir, const char *name)
{
	autofree char *blob = store_blob(name);

	if (store_is_blob(name) && faccessat(clean->cas, blob, F_OK, 0) == 0)
		return 0;
	return is_old(clean, dir, name) ? unlinkat(dir, name, 0) : 0;
}

/* Is it the index that its image has, or what was spilled for that? */
static bool
is_root(int cas, const char *name)
{
	autofree char *path = xasprintf("index/%s", name);
	autojson json_t *info = NULL;
	const json_t *device;
	const char *root;
	char key[KEY_TEXT];
	size_t i;

	store_key(name, key);
	info = store_is_key(key) ? image_load(cas, key) : NULL;
	root = record_string(info, "root.path");
	if (root != NULL && strcmp(root, path) == 0)
		return true;
	json_array_foreach(record_get(info, "root.devices"), i, device)
	{
		if (json_is_string(device) &&
		    strcmp(json_string_value(device), path) == 0)
			return true;
	}
	return false;
}

static int
clean_index(const struct clean *clean, int dir, const char *name)
{
	if (!is_old(clean, dir, name) || is_root(clean->cas, name))
		return 0;
	return unlinkat(dir, name, 0);
}

static int
clean_tree(const struct clean *clean, int dir, const char *name)
{
	if (!store_is_key(name) || has_image(clean->cas, name) ||
	    !is_old(clean, dir, name))
		return 0;
	return remove_tree(clean->cas, name) < 0 ? -1 : 0;
}

static int
clean_names(const struct clean *clean, int dir, const char *name)
{
	autofree char *path = xasprintf("name/%s", name);
	int result = each(clean, path, clean_name);

	/* Fails as long as there are entries in it. */
	if (result == 0)
		(void)unlinkat(dir, name, AT_REMOVEDIR);
	return result;
}

static int
clean_remote(const struct clean *clean, int dir, const char *name)
{
	autofree char *bytes = path_read(dir, name, INFO_MAX, NULL);
	autofree char *why = NULL;
	autojson json_t *remote =
	    bytes == NULL ? NULL : json_parse(bytes, strlen(bytes), &why);
	const char *key = record_string(remote, "key");

	/* A hidden one was to get its name by a rename that never came. */
	if (*name != '.' && key != NULL && store_is_key(key) &&
	    has_image(clean->cas, key))
		return 0;
	return is_old(clean, dir, name) ? unlinkat(dir, name, 0) : 0;
}

int
store_clean(int cas, int64_t grace, struct fault *fault)
{
	static const struct {
		const char *path;
		int (*visit)(const struct clean *, int dir, const char *name);
	} parts[] = {
		{ "tmp", clean_tmp },
		{ "partial", clean_tmp },
		{ "name", clean_names },
		{ "remote", clean_remote },
		{ "index", clean_index },
		{ "tree", clean_tree },
		{ "blob/sha512", clean_sha512 },
		{ "blob/sha256", clean_sha256 },
		{ "entries", clean_entries },
	};
	autofd int lock = store_lock(cas, STORE_EXCLUSIVE_NOW);
	const struct clean clean = {
		.cas = cas,
		/* Without grace also what changes while we are at it. */
		.before = grace == 0 ? INT64_MAX : clock_wall() - grace,
	};
	int result = 0;

	if (lock < 0 && errno == EWOULDBLOCK)
		return fault_set(fault, EX_TEMPFAIL,
		    "an image is being stored, try again later");
	if (lock < 0)
		return fault_errno(fault, "store");
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (each(&clean, parts[i].path, parts[i].visit) < 0)
			result = fault_errno(fault, "%s", parts[i].path);
	return result;
}
