/* SPDX-License-Identifier: Apache-2.0 */
/* mount - file systems that are made first and attached afterwards */

#include <fcntl.h>
#include <stddef.h>
#include <sys/mount.h>

#include "mount.h"
#include "scope.h"

int
mount_new(const char *type, const char *const *options, unsigned attributes)
{
	autofd int fs = fsopen(type, FSOPEN_CLOEXEC);

	if (fs < 0)
		return -1;
	for (; options != NULL && *options != NULL; options += 2)
		if (fsconfig(
			fs, FSCONFIG_SET_STRING, options[0], options[1], 0) < 0)
			return -1;
	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	return fsmount(fs, FSMOUNT_CLOEXEC, attributes);
}

int
mount_attach(int mount, int dir, const char *name)
{
	return move_mount(mount, "", dir, name, MOVE_MOUNT_F_EMPTY_PATH);
}

int
mount_attach_at(int mount, int target)
{
	return move_mount(mount, "", target, "",
	    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

int
mount_restrict(int mount, uint64_t attributes, bool recursive)
{
	struct mount_attr add = { .attr_set = attributes };

	return mount_setattr(mount, "",
	    AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &add, sizeof add);
}
