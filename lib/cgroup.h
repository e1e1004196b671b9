/* SPDX-License-Identifier: Apache-2.0 */
/* cgroup - the control group that a pod's processes are kept in */
#pragma once

#include <stdbool.h>

struct pod;

/* In: the controllers that a pod needs, a bit each; out: those that are on. */
struct cgroup_wish {
	unsigned controllers;
	int error; /* why others are not */
};

/*
 * A pod's group is rkt.slice/UUID in the unified hierarchy (cgroup v2, at
 * /sys/fs/cgroup or, beside v1, at /sys/fs/cgroup/unified): below the caller's
 * own group if that was delegated to it (systemd marks it so), else at the
 * top.  In the first case the pod's file "cgroup" has its path, since nobody
 * else could derive it.  pod-init is in the group itself, or in "init" below
 * it if controllers are on for the apps; each app is in the group of its name.
 * Where controllers have hierarchies of their own (v1), a pod with limits has
 * a group of the same name in each that it needs: lib/controller.h.
 *
 * cgroup_make() makes it, cgroup_open() finds it.  Both return a descriptor
 * (O_RDONLY|O_DIRECTORY|O_CLOEXEC), or -1 and errno; ENOENT: no such group, or
 * no such hierarchy; EROFS, EACCES, EPERM: one that we may not write.
 */
int cgroup_make(const struct pod *pod, struct cgroup_wish *wish);
int cgroup_open(const struct pod *pod);

/* The same for any directory of a hierarchy; wish may be NULL. */
int cgroup_below(
    const char *top, const char *uuid, bool make, struct cgroup_wish *wish);

/*
 * Thaws and removes it with the groups below, in every hierarchy.  A group
 * that is not there is no error.  Returns 0, or -1 and errno; EBUSY: there are
 * processes in it.
 */
int cgroup_remove(const struct pod *pod);
