/* SPDX-License-Identifier: Apache-2.0 */
/* root - the root file system of an image, mounted if need be */

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "alloc.h"
#include "image.h"
#include "mount.h"
#include "record.h"
#include "root.h"
#include "scope.h"

char *
root_of_image(int cas, const char *key, const json_t *info)
{
	const json_t *list = record_get(info, "root.devices");
	const char *root = record_string(info, "root.path");
	struct strings devices = { 0 };
	const json_t *device;
	char *path;
	size_t i;

	if (root == NULL) {
		errno = ENOENT;
		return NULL;
	}
	if (image_is_tree(info))
		return store_absolute(root);
	json_array_foreach(list, i, device)
	{
		if (json_is_string(device))
			strings_add(&devices, json_string_value(device));
	}
	path = mount_shared(cas, key, root, devices.list, devices.count);
	strings_free(&devices);
	return path;
}

static char *
mount_links(int dir, const char *key)
{
	autofree char *index = xasprintf("%s.index", key);
	struct strings devices = { 0 };
	char *path;

	for (;;) {
		autofree char *name = xasprintf("%s.%zu", key, devices.count);

		if (faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			break;
		strings_add(&devices, name);
	}
	path = mount_shared(dir, key, index, devices.list, devices.count);
	strings_free(&devices);
	return path;
}

char *
root_of_pod(const char *pod, const char *key)
{
	autofd int dir = open(pod, O_PATH | O_DIRECTORY | O_CLOEXEC);
	autofree char *marker = xasprintf("%s.tree", key);
	autofree char *tree = xasprintf("tree/%s/rootfs", key);

	if (dir < 0)
		return NULL;
	if (faccessat(dir, marker, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return store_absolute(tree);
	return mount_links(dir, key);
}
