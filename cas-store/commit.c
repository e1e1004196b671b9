/* SPDX-License-Identifier: Apache-2.0 */
/* commit - an image into the store, whole or not at all */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "alloc.h"
#include "commit.h"
#include "erofs.h"
#include "image.h"
#include "mount.h"
#include "path.h"
#include "publish.h"
#include "record.h"
#include "remote.h"
#include "remove.h"
#include "scope.h"
#include "store.h"
#include "unpack.h"
#include "uuid.h"

/* The steps share these. */
struct work {
	struct commit *commit;
	struct fault *fault;
	char key[KEY_TEXT];
	int cas;
	int tmp;
	const char *kind; /* of its root file system: */
	int index;        /* the index, without a name yet; -1: none */
	char *tree;       /* the tree's name in tmp; NULL: none */
};

static char *
tmp_name(const char *prefix)
{
	char uuid[UUID_SIZE];

	uuid_make(uuid);
	return xasprintf("%s-%s", prefix, uuid);
}

static unsigned
digit(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* A file of the store by that name, if it is not there. */
static int
link_into(struct work *work, int fd, const char *dir, const char *name)
{
	autofd int to = store_dir(work->cas, dir);

	if (to < 0)
		return fault_errno(work->fault, "%s", dir);
	/* Content has one name: no second sync of what is there. */
	if (faccessat(to, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return fsync(to) < 0 ? fault_errno(work->fault, "%s", dir) : 0;
	if (publish_link(fd, to, name) < 0)
		return fault_errno(work->fault, "%s/%s", dir, name);
	return 0;
}

static int
store_blob_file(struct work *work)
{
	autofree char *dir = store_blob(work->key);

	*strrchr(dir, '/') = '\0';
	return link_into(work, work->commit->blobfd, dir, work->key);
}

/* The index, as a file without a name. */
static int
write_index(struct work *work)
{
	const struct commit *commit = work->commit;
	struct erofs_device device = { .size = commit->blob->size };
	unsigned char uuid[16];
	autofd int fd = publish_open(work->tmp, 0444);

	memcpy(device.tag, commit->blob->id + 7, sizeof device.tag);
	for (size_t i = 0; i < sizeof uuid; i++)
		uuid[i] = (unsigned char)(digit(device.tag[2 * i]) << 4 |
					  digit(device.tag[2 * i + 1]));
	if (fd < 0)
		return fault_errno(work->fault, "index");
	if (erofs_write(fd, commit->aci->tree, &device, 1, uuid, work->fault) <
	    0)
		return -1;
	return take_fd(&fd);
}

/* The new directory NAME of tmp with the tree, synced. */
static int
make_tree(struct work *work, const char *name)
{
	autofd int dir = -1;
	autofd int root = -1;
	const int flags = O_RDONLY | O_DIRECTORY;

	if (mkdirat(work->tmp, name, 0700) < 0)
		return fault_errno(work->fault, "tree");
	dir = beneath_open(work->tmp, name, flags, 0);
	if (dir < 0 || mkdirat(dir, "rootfs", 0700) < 0)
		return fault_errno(work->fault, "tree");
	root = beneath_open(dir, "rootfs", flags, 0);
	if (root < 0)
		return fault_errno(work->fault, "tree");
	work->commit->left_out = 0;
	if (unpack_tree(root, work->commit->aci->tree, work->commit->blobfd,
		&work->commit->left_out, work->fault) < 0)
		return -1;
	if (publish_file(dir, "marker", "", 0, 0400, 0) < 0 || syncfs(dir) < 0)
		return fault_errno(work->fault, "tree");
	return 0;
}

/* The tree in tmp, if the store does not have it. */
static int
prepare_tree(struct work *work)
{
	autofree char *path = xasprintf("tree/%s", work->key);

	work->kind = "tree";
	if (faccessat(work->cas, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	work->tree = tmp_name("tree");
	return make_tree(work, work->tree);
}

/*
 * Makes the index or tree, without a name: only an image that can be had is
 * worth its first name.
 */
static int
prepare_root(struct work *work)
{
	enum render render = work->commit->render;

	if (render == RENDER_TREE)
		return prepare_tree(work);
	work->index = write_index(work);
	if (work->index < 0)
		return -1;
	work->kind = "erofs";
	/* On trial: the very files that will be mounted. */
	if (mount_works(work->index, &work->commit->blobfd, 1))
		return 0;
	if (render == RENDER_EROFS)
		return fault_errno(work->fault, "index: cannot be mounted");
	return prepare_tree(work);
}

static int
store_tree(struct work *work)
{
	autofd int trees = store_dir(work->cas, "tree");

	if (trees < 0)
		return fault_errno(work->fault, "tree");
	if (work->tree != NULL &&
	    publish_rename(work->tmp, work->tree, trees, work->key, true) < 0 &&
	    errno != EEXIST)
		return fault_errno(work->fault, "tree/%s", work->key);
	return 0;
}

static int
store_root(struct work *work)
{
	return strcmp(work->kind, "tree") == 0
		   ? store_tree(work)
		   : link_into(work, work->index, "index", work->key);
}

/* name/NAME/KEY: a link to look at; its name alone counts. */
static int
store_entry(struct work *work)
{
	autofree char *path = store_name(work->commit->manifest->name);
	autofree char *target = xasprintf("../../image/%s", work->key);
	autofd int dir = -1;

	if (path == NULL)
		return fault_set(work->fault, EX_DATAERR,
		    "its name is longer than 255 bytes");
	dir = store_dir(work->cas, path);
	if (dir < 0)
		return fault_errno(work->fault, "%s", path);
	if (symlinkat(target, dir, work->key) < 0 && errno != EEXIST)
		return fault_errno(work->fault, "%s", path);
	return fsync(dir) < 0 ? fault_errno(work->fault, "%s", path) : 0;
}

static int
write_info(int dir, const json_t *info, struct fault *fault)
{
	autofree char *line = record_line(info);

	if (strlen(line) > INFO_MAX)
		return fault_set(fault, EX_DATAERR,
		    "its manifest has too many labels or dependencies");
	if (publish_file(dir, "info.json", line, strlen(line), 0444,
		PUBLISH_DURABLE | PUBLISH_REPLACE) < 0)
		return fault_errno(fault, "info.json");
	return 0;
}

static int
fill_image(struct work *work, const char *name, const json_t *info)
{
	const struct aci *aci = work->commit->aci;
	autofd int dir = -1;

	if (mkdirat(work->tmp, name, 0755) < 0)
		return fault_errno(work->fault, "image");
	dir = beneath_open(work->tmp, name, O_RDONLY | O_DIRECTORY, 0);
	if (dir < 0 || publish_file(dir, "manifest", aci->manifest,
			   aci->manifest_length, 0444, PUBLISH_DURABLE) < 0)
		return fault_errno(work->fault, "manifest");
	return write_info(dir, info, work->fault);
}

int
commit_info(int cas, const char *key, const json_t *info, struct fault *fault)
{
	autofree char *path = xasprintf("image/%s", key);
	autofd int dir = store_dir(cas, path);

	if (dir < 0)
		return fault_errno(fault, "%s", path);
	return write_info(dir, info, fault);
}

static int
store_image(struct work *work, const json_t *info)
{
	autofree char *name = tmp_name("image");
	autofd int images = store_dir(work->cas, "image");
	int result;

	if (images < 0)
		return fault_errno(work->fault, "image");
	result = fill_image(work, name, info);
	if (result == 0 &&
	    publish_rename(work->tmp, name, images, work->key, true) < 0)
		result =
		    errno == EEXIST
			/* What is known of it is not what we know. */
			? commit_info(work->cas, work->key, info, work->fault)
			: fault_errno(work->fault, "image/%s", work->key);
	(void)path_remove(work->tmp, name);
	return result;
}

/* Which image a URL gave: a cache, so it comes last and may be lost. */
static int
store_url(struct work *work)
{
	const struct commit *commit = work->commit;
	autofree char *etag = NULL;
	struct remote remote = { .fetched = image_now() };

	if (commit->url == NULL)
		return 0;
	store_key(work->key, remote.key);
	if (record_string(commit->fetch, "etag") != NULL)
		etag = xstrdup(record_string(commit->fetch, "etag"));
	remote.etag = etag;
	remote.max_age = record_number(commit->fetch, "maxAge", 0);
	if (remote_write(work->cas, commit->url, &remote) < 0)
		return fault_errno(work->fault, "remote");
	return 0;
}

/* Whoever vouches for it now; what somebody did before is not forgotten. */
static void
note_signer(const struct commit *commit, json_t *info)
{
	if (commit->verify != NULL)
		(void)json_object_set(info, "verify", commit->verify);
}

/* Nothing is missing of it, but it has been imported again. */
static int
touch_image(struct work *work, json_t *info)
{
	json_int_t now = image_now();

	(void)json_object_set_new(info, "imported", json_integer(now));
	if (work->commit->latest)
		(void)json_object_set_new(info, "latest", json_integer(now));
	note_signer(work->commit, info);
	return commit_info(work->cas, work->key, info, work->fault);
}

static json_t *
store_new(struct work *work)
{
	const struct commit *commit = work->commit;
	json_t *info;

	if (prepare_root(work) < 0 || store_blob_file(work) < 0 ||
	    store_root(work) < 0 || store_entry(work) < 0)
		return NULL;
	info = image_info(commit->blob->id, commit->manifest,
	    (int64_t)commit->blob->size, commit->latest, work->kind);
	note_signer(commit, info);
	if (store_image(work, info) == 0)
		return info;
	json_decref(info);
	return NULL;
}

static void
work_free(struct work *work)
{
	if (work->index >= 0)
		(void)close(work->index);
	if (work->tree != NULL)
		(void)path_remove(work->tmp, work->tree);
	free(work->tree);
}

/* Under the store's lock. */
static json_t *
store_locked(struct work *work)
{
	autofd int lock = store_lock(work->cas, STORE_SHARED);
	autofd int tmp = store_dir(work->cas, "tmp");
	json_t *info;

	if (lock < 0 || tmp < 0) {
		(void)fault_errno(work->fault, "store");
		return NULL;
	}
	work->tmp = tmp;
	info = image_load(work->cas, work->key);
	if (info == NULL || !image_complete(work->cas, work->key, info)) {
		json_decref(info);
		info = store_new(work);
		work_free(work);
		if (info != NULL && store_url(work) == 0)
			return info;
	} else if (touch_image(work, info) == 0 && store_url(work) == 0) {
		return info;
	}
	json_decref(info);
	return NULL;
}

json_t *
commit_image(struct commit *commit, struct fault *fault)
{
	struct work work = {
		.commit = commit,
		.fault = fault,
		.cas = commit->cas,
		.tmp = -1,
		.index = -1,
	};
	json_t *info;

	store_key(commit->blob->id, work.key);
	info = store_locked(&work);
	if (info == NULL)
		image_take_back(work.cas, work.key, commit->manifest->name);
	return info;
}
