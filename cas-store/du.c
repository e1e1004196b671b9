/* SPDX-License-Identifier: Apache-2.0 */
/* du - how much room the images of the store take */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "alloc.h"
#include "du.h"
#include "escape.h"
#include "image.h"
#include "path.h"
#include "record.h"
#include "scope.h"

/* A file of an image; all are in one file system, so the inode tells it. */
struct file {
	ino_t inode;
	int64_t size;
	size_t image; /* the number of its image */
};

struct use {
	char key[KEY_TEXT];
	char *name;
	int64_t all, alone;
};

struct du {
	struct file *files;
	size_t file_count, file_room;
	struct use *uses;
	size_t use_count;
};

static void
add_file(struct du *du, const struct stat *status)
{
	if (du->file_count == du->file_room) {
		du->file_room = 2 * du->file_room + 64;
		du->files =
		    xreallocarray(du->files, du->file_room, sizeof *du->files);
	}
	du->files[du->file_count++] = (struct file){
		.inode = status->st_ino,
		.size = status->st_size,
		.image = du->use_count,
	};
}

/* What is not there is not counted. */
static int
add_path(struct du *du, int dir, const char *path)
{
	struct stat status;

	if (path == NULL)
		return 0;
	if (fstatat(dir, path, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -1;
	if (!S_ISDIR(status.st_mode))
		add_file(du, &status);
	return 0;
}

/* A directory's files, and those below. */
static int
add_below(struct du *du, int above, const char *path)
{
	int fd = beneath_open(above, path, O_RDONLY | O_DIRECTORY, 0);
	autodir DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (dir == NULL)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	for (const struct dirent *e; (e = readdir(dir)) != NULL;) {
		if (!path_is_name(e->d_name))
			continue;
		if (add_path(du, dirfd(dir), e->d_name) < 0)
			return -1;
		if (e->d_type == DT_DIR &&
		    add_below(du, dirfd(dir), e->d_name) < 0)
			return -1;
	}
	return 0;
}

/* A blob, and what is kept of its entries. */
static int
add_device(struct du *du, int cas, const char *path)
{
	const char *slash = path == NULL ? NULL : strrchr(path, '/');
	autofree char *entries = store_entries(slash == NULL ? "" : slash + 1);

	return add_path(du, cas, path) < 0 ? -1 : add_path(du, cas, entries);
}

static int
add_image(int cas, const char *key, void *data)
{
	struct du *du = data;
	autojson json_t *info = image_load(cas, key);
	autofree char *image = xasprintf("image/%s", key);
	autofree char *tree = xasprintf("tree/%s", key);
	const json_t *device;
	struct use *use;
	size_t i;

	if (info == NULL)
		return errno == ENOENT || errno == EBADMSG ? 0 : -1;
	if (add_path(du, cas, record_string(info, "root.path")) < 0 ||
	    add_below(du, cas, image) < 0 || add_below(du, cas, tree) < 0)
		return -1;
	json_array_foreach(record_get(info, "root.devices"), i, device)
	{
		if (add_device(du, cas, json_string_value(device)) < 0)
			return -1;
	}
	du->uses = xreallocarray(du->uses, du->use_count + 1, sizeof *du->uses);
	use = &du->uses[du->use_count++];
	*use = (struct use){ .name = escape(record_string(info, "name")) };
	store_key(key, use->key);
	return 0;
}

static int
by_inode(const void *a, const void *b)
{
	const struct file *x = a, *y = b;

	if (x->inode != y->inode)
		return x->inode < y->inode ? -1 : 1;
	return (x->image > y->image) - (x->image < y->image);
}

/* Of the files from first on that are the same; returns where others begin. */
static size_t
count_one(struct du *du, size_t first)
{
	const struct file *files = du->files;
	bool alone = true;
	size_t end = first;

	for (; end < du->file_count && files[end].inode == files[first].inode;
	     end++) {
		if (end > first && files[end].image == files[end - 1].image)
			continue;
		du->uses[files[end].image].all += files[end].size;
		alone = alone && files[end].image == files[first].image;
	}
	if (alone)
		du->uses[files[first].image].alone += files[first].size;
	return end;
}

int
du_print(int cas)
{
	struct du du = { 0 };
	int result = image_each(cas, add_image, &du);
	int64_t total = 0;

	if (du.file_count > 0)
		qsort(du.files, du.file_count, sizeof *du.files, by_inode);
	for (size_t i = 0; i < du.file_count;) {
		total += du.files[i].size;
		i = count_one(&du, i);
	}
	for (size_t i = 0; i < du.use_count; i++) {
		if (result == 0)
			(void)printf("%" PRId64 "\t%" PRId64 "\t%s\t%s\n",
			    du.uses[i].all, du.uses[i].alone, du.uses[i].key,
			    du.uses[i].name);
		free(du.uses[i].name);
	}
	if (result == 0)
		(void)printf("%" PRId64 "\ttotal\n", total);
	free(du.files);
	free(du.uses);
	return result;
}
