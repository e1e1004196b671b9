/* SPDX-License-Identifier: Apache-2.0 */
/* commit - an image into the store, whole or not at all */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "alloc.h"
#include "clock.h"
#include "commit.h"
#include "image.h"
#include "path.h"
#include "publish.h"
#include "record.h"
#include "remote.h"
#include "scope.h"
#include "seal.h"
#include "store.h"
#include "uuid.h"

/* The steps share these. */
struct work {
	const struct commit *commit;
	struct fault *fault;
	char key[KEY_TEXT];
	int cas;
	int tmp;
};

/* The blobs that are not there yet, and what was read of them. */
static int
store_blobs(const struct compose *compose, struct fault *fault)
{
	for (uint32_t i = 0; i < compose->device_count; i++) {
		const struct device *device = &compose->devices[i];
		autofree char *dir = store_blob(device->blob);

		*strrchr(dir, '/') = '\0';
		if (!device->stored && render_link(compose->cas, device->fd,
					   dir, device->blob, fault) < 0)
			return -1;
		if (!device->read && render_link(compose->cas,
					 entries_file(&compose->entries, i + 1),
					 "entries", device->blob, fault) < 0)
			return -1;
	}
	return 0;
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
	autofree char *line = seal_line(info);

	if (strlen(line) > INFO_MAX)
		return fault_set(fault, EX_DATAERR,
		    "its manifest has too many labels or dependencies");
	if (publish_file(dir, "info.json", line, strlen(line), 0444,
		PUBLISH_DURABLE | PUBLISH_REPLACE) < 0)
		return fault_errno(fault, "info.json");
	return 0;
}

/* A reference is a hard link: it says that somebody uses the blob. */
static int
link_blobs(int cas, int dir, const struct compose *compose, struct fault *fault)
{
	for (uint32_t i = 0; i < compose->device_count; i++) {
		const char *name = compose->devices[i].blob;
		autofree char *blob = store_blob(name);

		if (linkat(cas, blob, dir, name, 0) < 0 && errno != EEXIST)
			return fault_errno(fault, "%s", blob);
	}
	return 0;
}

static int
fill_image(struct work *work, const char *name)
{
	const struct commit *commit = work->commit;
	autofd int dir = -1;

	if (mkdirat(work->tmp, name, 0755) < 0)
		return fault_errno(work->fault, "image");
	dir = beneath_open(work->tmp, name, O_RDONLY | O_DIRECTORY, 0);
	if (dir < 0)
		return fault_errno(work->fault, "image");
	if (link_blobs(work->cas, dir, commit->compose, work->fault) < 0)
		return -1;
	if (publish_file(dir, "manifest", commit->bytes, commit->length, 0444,
		PUBLISH_DURABLE) < 0)
		return fault_errno(work->fault, "manifest");
	return write_info(dir, commit->info, work->fault);
}

static int
open_image(int cas, const char *key, struct fault *fault)
{
	autofree char *path = xasprintf("image/%s", key);
	int dir = store_dir(cas, path);

	return dir < 0 ? fault_errno(fault, "%s", path) : dir;
}

int
commit_info(int cas, const char *key, const json_t *info, struct fault *fault)
{
	autofd int dir = open_image(cas, key, fault);

	return dir < 0 ? -1 : write_info(dir, info, fault);
}

/* It is there, but it is not whole, or less is known of it. */
static int
mend_image(int cas, const char *key, const struct compose *compose,
    const json_t *info, struct fault *fault)
{
	autofd int dir = open_image(cas, key, fault);

	if (dir < 0 || link_blobs(cas, dir, compose, fault) < 0)
		return -1;
	return write_info(dir, info, fault);
}

static int
store_image(struct work *work)
{
	const struct commit *commit = work->commit;
	autofree char *name = NULL;
	autofd int images = store_dir(work->cas, "image");
	char uuid[UUID_SIZE];
	int result;

	if (images < 0)
		return fault_errno(work->fault, "image");
	uuid_make(uuid);
	name = xasprintf("image-%s", uuid);
	result = fill_image(work, name);
	if (result == 0 &&
	    publish_rename(work->tmp, name, images, work->key, true) < 0)
		result = errno == EEXIST
			     ? mend_image(work->cas, work->key, commit->compose,
				   commit->info, work->fault)
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
	struct remote remote = { .fetched = clock_wall() };

	/* One that was asked for by its platform is not what the URL means. */
	if (commit->url == NULL ||
	    record_string(commit->fetch, "platform") != NULL)
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
note_signer(const struct commit *commit)
{
	if (commit->verify != NULL)
		(void)json_object_set(commit->info, "verify", commit->verify);
}

static struct work
work_of(const struct commit *commit, struct fault *fault)
{
	struct work work = {
		.commit = commit,
		.fault = fault,
		.cas = commit->compose->cas,
		.tmp = commit->compose->tmp,
	};

	store_key(commit->id, work.key);
	return work;
}

int
commit_image(struct commit *commit, struct fault *fault)
{
	struct work work = work_of(commit, fault);

	note_signer(commit);
	if (commit->render != NULL)
		(void)json_object_set_new(
		    commit->info, "root", render_json(commit->render));
	if (store_blobs(commit->compose, fault) < 0 ||
	    (commit->render != NULL && render_store(commit->render) < 0) ||
	    store_entry(&work) < 0 || store_image(&work) < 0)
		return -1;
	return store_url(&work);
}

int
commit_again(struct commit *commit, struct fault *fault)
{
	struct work work = work_of(commit, fault);
	json_int_t now = clock_wall();

	(void)json_object_set_new(commit->info, "imported", json_integer(now));
	if (commit->latest)
		(void)json_object_set_new(
		    commit->info, "latest", json_integer(now));
	note_signer(commit);
	if (commit_info(work.cas, work.key, commit->info, fault) < 0)
		return -1;
	return store_url(&work);
}

int
commit_render(int cas, const char *key, struct compose *compose,
    struct render *render, json_t *info, struct fault *fault)
{
	(void)json_object_set_new(info, "root", render_json(render));
	if (store_blobs(compose, fault) < 0 || render_store(render) < 0)
		return -1;
	return mend_image(cas, key, compose, info, fault);
}
