/* SPDX-License-Identifier: Apache-2.0 */
/* withdraw - damaged parts out of the store, so that they are fetched again */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "image.h"
#include "mount.h"
#include "path.h"
#include "record.h"
#include "remove.h"
#include "scope.h"
#include "store.h"
#include "uuid.h"
#include "withdraw.h"

int
withdraw_file(int cas, const char *path)
{
	return unlinkat(cas, path, 0) < 0 && errno != ENOENT ? -1 : 0;
}

int
withdraw_record(int cas, const char *key)
{
	autofree char *info = store_info(key);
	autofd int images = store_dir(cas, "image");

	/* The first step: without it there is no image. */
	if (images < 0 || withdraw_file(cas, info) < 0 || fsync(images) < 0)
		return -1;
	return path_remove(images, key);
}

static int
withdraw_index(int cas, const json_t *info)
{
	const char *path = record_string(info, "root.path");
	autofree char *spill = xasprintf("%s.spill", path);

	return withdraw_file(cas, path) < 0 ? -1 : withdraw_file(cas, spill);
}

int
withdraw_root(int cas, const char *key)
{
	autojson json_t *info = image_load(cas, key);

	if (record_string(info, "root.path") == NULL)
		return 0;
	if (image_is_tree(info))
		return tree_withdraw(cas, key);
	if (withdraw_index(cas, info) < 0)
		return -1;
	return mount_detach(key);
}
