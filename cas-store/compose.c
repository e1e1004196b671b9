/* SPDX-License-Identifier: Apache-2.0 */
/* compose - the root file system of an image, out of one archive or many */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "aci.h"
#include "alloc.h"
#include "compose.h"
#include "dependency.h"
#include "escape.h"
#include "image.h"
#include "layer.h"
#include "merge.h"
#include "path.h"
#include "reader.h"
#include "record.h"
#include "scope.h"

void
compose_start(struct compose *compose, int cas, int tmp, struct fault *fault)
{
	*compose = (struct compose){ .cas = cas, .tmp = tmp, .fault = fault };
	tree_start(&compose->tree);
	entries_start(&compose->entries, tmp, fault);
}

void
compose_stop(struct compose *compose)
{
	for (uint32_t i = 0; i < compose->device_count; i++)
		(void)close(compose->devices[i].fd);
	free(compose->devices);
	free(compose->dropped);
	tree_free(&compose->tree);
	entries_stop(&compose->entries);
}

static uint32_t
find_device(const struct compose *compose, const char *blob)
{
	for (uint32_t i = 0; i < compose->device_count; i++)
		if (strcmp(compose->devices[i].blob, blob) == 0)
			return i + 1;
	return 0;
}

static struct device *
add_device(struct compose *compose, int fd, uint64_t size, const char *blob)
{
	struct device *device;

	compose->devices = xreallocarray(compose->devices,
	    compose->device_count + 1, sizeof *compose->devices);
	device = &compose->devices[compose->device_count++];
	*device = (struct device){ .fd = fd, .size = size };
	store_key(blob, device->blob);
	return device;
}

/* The device's entries are there: its number. */
static uint32_t
finish_device(struct compose *compose, struct device *device, uint32_t base)
{
	/* The file's head is in the first place. */
	device->first = base + 1;
	device->end = entries_next(&compose->entries);
	return compose->device_count;
}

static uint32_t
read_device(struct compose *compose, struct device *device)
{
	uint32_t base = entries_next(&compose->entries);

	if (reader_run(&compose->entries, device->fd, device->size,
		&compose->dropped) < 0)
		return 0;
	return finish_device(compose, device, base);
}

uint32_t
compose_archive(
    struct compose *compose, int fd, uint64_t size, const char *blob)
{
	uint32_t number = find_device(compose, blob);

	if (number == 0)
		return read_device(
		    compose, add_device(compose, fd, size, blob));
	(void)close(fd);
	return number;
}

/* What was read of a blob when it was stored, or first used. */
static uint32_t
read_stored(struct compose *compose, struct device *device)
{
	autofree char *path = store_entries(device->blob);
	uint32_t base = entries_next(&compose->entries);
	int fd = compose->anew ? -1
			       : openat(compose->cas, path,
				     O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int kept = fd < 0 ? 0 : entries_adopt(&compose->entries, fd);

	device->stored = true;
	device->read = kept == 1;
	if (kept == 0)
		return read_device(compose, device);
	return kept < 0 ? 0 : finish_device(compose, device, base);
}

uint32_t
compose_blob(struct compose *compose, const char *blob)
{
	autofree char *path = store_blob(blob);
	uint32_t number = find_device(compose, blob);
	struct stat status;
	int fd;

	if (number != 0)
		return number;
	fd = openat(compose->cas, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT) {
		(void)fault_set(compose->fault, EX_TEMPFAIL,
		    "%s was removed from the store meanwhile", blob);
		return 0;
	}
	if (fd < 0 || fstat(fd, &status) < 0) {
		(void)fault_errno(compose->fault, "%s", path);
		return 0;
	}
	return read_stored(
	    compose, add_device(compose, fd, (uint64_t)status.st_size, blob));
}

/* The entries of a device, for a tree whose root is that directory. */
static struct archive
archive_of(struct compose *compose, uint32_t number, uint32_t root)
{
	const struct device *device = &compose->devices[number - 1];

	return (struct archive){
		.entries = &compose->entries,
		.next = device->first,
		.end = device->end,
		.tree = &compose->tree,
		.root = root,
		.fault = compose->fault,
	};
}

/* The root of a new tree, or 0 with fault. */
static uint32_t
new_root(struct compose *compose)
{
	uint32_t root = tree_inode(&compose->tree, S_IFDIR, 0);

	if (root == 0)
		(void)fault_set(compose->fault, EX_DATAERR,
		    "more than %d files", TREE_INODES_MAX);
	return root;
}

static int
count_archive(struct compose *compose)
{
	if (++compose->laid <= ARCHIVES_MAX)
		return 0;
	return fault_set(compose->fault, EX_DATAERR,
	    "more than %d archives over one another", ARCHIVES_MAX);
}

int
compose_layer(struct compose *compose, uint32_t device)
{
	uint32_t root = new_root(compose);
	struct archive archive = archive_of(compose, device, root);

	archive.below = TREE_ROOT;
	if (root == 0 || count_archive(compose) < 0 || layer_read(&archive) < 0)
		return -1;
	return merge(&compose->tree, &compose->entries, TREE_ROOT, root,
	    MERGE_LAYER, compose->fault);
}

char *
compose_manifest(struct compose *compose, uint32_t device, size_t *length)
{
	struct archive archive = archive_of(compose, device, 0);

	return aci_manifest(&archive, compose->devices[device - 1].fd, length);
}

/* An image on the way from the one that is composed to the one looked at. */
struct chain {
	const struct chain *above;
	const char *key;
	int length;
};

static uint32_t image_tree(struct compose *compose, uint32_t device,
    const json_t *dependencies, const struct strings *whitelist,
    const struct chain *chain);

static int
check_chain(struct compose *compose, const json_t *item, const char *key,
    const struct chain *chain)
{
	autofree char *text = dependency_text(item);
	autofree char *shown = escape(text);

	if (chain->length == DEPENDENCY_DEPTH_MAX)
		return fault_set(compose->fault, EX_DATAERR,
		    "dependency %s: more than %d images depend on one another",
		    shown, DEPENDENCY_DEPTH_MAX);
	for (; chain != NULL; chain = chain->above)
		if (strcmp(chain->key, key) == 0)
			return fault_set(compose->fault, EX_DATAERR,
			    "dependency %s: depends on itself", shown);
	return 0;
}

/* The size is that of the archive, or of the file it was fetched as. */
static int
check_size(struct compose *compose, const json_t *item, const json_t *info)
{
	int64_t wanted = record_number(item, "size", 0);
	autofree char *text = dependency_text(item);
	autofree char *shown = escape(text);

	if (wanted == 0 || wanted == record_number(info, "size", -1) ||
	    wanted == record_number(info, "fetched", -1))
		return 0;
	return fault_set(compose->fault, EX_DATAERR,
	    "dependency %s: its size is not %lld", shown, (long long)wanted);
}

struct image_manifest *
compose_stored(struct compose *compose, const char *key)
{
	autofree char *path = xasprintf("image/%s/manifest", key);
	autofree char *bytes = NULL;
	autofree char *why = NULL;
	struct image_manifest *manifest;
	size_t length = 0;

	bytes = path_read(compose->cas, path, MANIFEST_MAX, &length);
	if (bytes == NULL) {
		(void)fault_errno(compose->fault, "%s", path);
		return NULL;
	}
	manifest = image_manifest_parse(bytes, length, &why);
	if (manifest == NULL)
		(void)fault_set(
		    compose->fault, EX_DATAERR, "%s: %s", path, why);
	return manifest;
}

/* The tree of an image of the store that an item of dependencies means. */
static uint32_t
dependency_tree(
    struct compose *compose, const json_t *item, const struct chain *chain)
{
	autojson json_t *info = NULL;
	struct image_manifest *manifest;
	struct chain link = { .above = chain, .length = chain->length + 1 };
	char key[KEY_TEXT];
	uint32_t device, root = 0;

	if (dependency_find(compose->cas, item, key) == 1)
		info = image_load(compose->cas, key);
	if (info == NULL) {
		autofree char *text = dependency_text(item);
		autofree char *shown = escape(text);

		(void)fault_set(compose->fault, EX_NOINPUT,
		    "dependency %s is not in the store", shown);
		return 0;
	}
	link.key = key;
	if (check_chain(compose, item, key, chain) < 0 ||
	    check_size(compose, item, info) < 0)
		return 0;
	manifest = compose_stored(compose, key);
	device = manifest == NULL ? 0 : compose_blob(compose, key);
	if (device != 0)
		root = image_tree(compose, device,
		    json_object_get(info, "dependencies"),
		    &manifest->path_whitelist, &link);
	image_manifest_free(manifest);
	return root;
}

static int
merge_dependencies(struct compose *compose, uint32_t root,
    const json_t *dependencies, const struct chain *chain)
{
	const json_t *item;
	size_t i;

	json_array_foreach(dependencies, i, item)
	{
		uint32_t tree = dependency_tree(compose, item, chain);

		if (tree == 0 || merge(&compose->tree, &compose->entries, root,
				     tree, MERGE_IMAGE, compose->fault) < 0)
			return -1;
	}
	return 0;
}

/* The paths that the manifest lists, and nothing else, if it lists any. */
static void
apply_whitelist(struct tree *tree, uint32_t root, const struct strings *list)
{
	if (list->count == 0)
		return;
	for (size_t i = 0; i < list->count; i++) {
		autofree char *path = xstrdup(list->list[i]);
		size_t length = strlen(path);

		while (length > 0 && path[length - 1] == '/')
			path[--length] = '\0';
		tree_keep(tree, root, path + strspn(path, "/"));
	}
	tree_prune(tree, root);
}

/* The image's own files go straight to the root if nothing is below them. */
static int
lay_image(struct compose *compose, uint32_t device, uint32_t root,
    const json_t *dependencies, const struct chain *chain)
{
	bool alone = json_array_size(dependencies) == 0;
	uint32_t own = alone ? root : new_root(compose);
	struct archive archive = archive_of(compose, device, own);

	if (own == 0 || count_archive(compose) < 0 ||
	    merge_dependencies(compose, root, dependencies, chain) < 0)
		return -1;
	archive.below = alone ? 0 : root;
	if (aci_read(&archive) < 0)
		return -1;
	return alone ? 0
		     : merge(&compose->tree, &compose->entries, root, own,
			   MERGE_IMAGE, compose->fault);
}

static uint32_t
image_tree(struct compose *compose, uint32_t device, const json_t *dependencies,
    const struct strings *whitelist, const struct chain *chain)
{
	uint32_t root =
	    chain->above == NULL ? (uint32_t)TREE_ROOT : new_root(compose);

	if (root == 0 ||
	    lay_image(compose, device, root, dependencies, chain) < 0)
		return 0;
	apply_whitelist(&compose->tree, root, whitelist);
	return root;
}

int
compose_image(struct compose *compose, uint32_t device, const char *key,
    const json_t *dependencies, const struct strings *whitelist)
{
	const struct chain chain = { .key = key };

	return image_tree(compose, device, dependencies, whitelist, &chain) == 0
		   ? -1
		   : 0;
}

/*
 * The directories that every pod mounts something on, where the image has
 * nothing: made here once, and not in the upper layer at each start.
 */
static void
add_places(struct tree *tree)
{
	static const char *const places[] = { "dev", "proc", "sys" };

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		uint32_t inode;

		if (tree_find(tree, TREE_ROOT, places[i]) != 0)
			continue;
		inode = tree_inode(tree, S_IFDIR, 0);
		/* A full tree, or a root that takes none: at the start. */
		if (inode != 0)
			(void)tree_add(tree, TREE_ROOT, places[i], inode);
	}
}

int
compose_finish(struct compose *compose)
{
	add_places(&compose->tree);
	if (tree_finish(&compose->tree) == 0)
		return 0;
	return fault_set(
	    compose->fault, EX_DATAERR, "too many directories deep");
}
