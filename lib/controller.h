/* SPDX-License-Identifier: Apache-2.0 */
/* controller - the parts of the kernel that limit a control group */
#pragma once

#include <stdbool.h>

enum controller {
	CONTROLLER_CPU,
	CONTROLLER_MEMORY,
	CONTROLLER_PIDS,
	CONTROLLER_DEVICES,
	CONTROLLERS
};

/* "memory" */
const char *controller_name(enum controller which);

/*
 * cgroup v2: switches the controllers of a set (a bit each) on for the groups
 * below one, which is opened as a directory.  Returns those that are on then;
 * if that is not all of them, errno is why: ENOENT: there is no such one here
 * (it may have a hierarchy of its own); EBUSY: the group has processes.
 */
unsigned controller_enable(int group, unsigned set);

/*
 * cgroup v1: a pod's group in the hierarchy of one controller, rkt.slice/UUID
 * below /sys/fs/cgroup/NAME.  Returns a descriptor of it (O_RDONLY|O_DIRECTORY|
 * O_CLOEXEC), or -1 and errno; ENOENT: no such group, or no such hierarchy.
 */
int controller_group(enum controller which, const char *uuid, bool make);

/* Writes one file of a group.  0, or -1 and errno. */
int controller_write(int group, const char *file, const char *text);

/* Opens the group's list of processes, to be written to.  -1 and errno. */
int controller_procs(int group);
