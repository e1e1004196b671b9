/* SPDX-License-Identifier: Apache-2.0 */
/* device - device nodes among the volumes that may only be read */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct device {
	dev_t number;
	bool is_block;
};

/*
 * Forbids the processes of a cgroup (of version 2) to open the devices for
 * writing: a mount that is read-only does not.  Returns 0, or -1 and errno.
 */
int device_restrict(int cgroup, const struct device *devices, size_t count);
