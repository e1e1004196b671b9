/* SPDX-License-Identifier: Apache-2.0 */
/* cgroup - the control group that a pod's processes are kept in */
#pragma once

struct pod;

/*
 * A pod's group is rkt.slice/UUID in the unified hierarchy (cgroup v2, at
 * /sys/fs/cgroup or, beside v1, at /sys/fs/cgroup/unified): below the caller's
 * own group if that was delegated to it (systemd marks it so), else at the
 * top.  In the first case the pod's file "cgroup" has its path, since nobody
 * else could derive it.  pod-init is in the group itself, each app in the
 * group of its name below it.
 *
 * cgroup_make() makes it, cgroup_open() finds it.  Both return a descriptor
 * (O_RDONLY|O_DIRECTORY|O_CLOEXEC), or -1 and errno; ENOENT: no such group, or
 * no such hierarchy; EROFS, EACCES, EPERM: one that we may not write.
 */
int cgroup_make(const struct pod *pod);
int cgroup_open(const struct pod *pod);

/*
 * Thaws and removes it with the groups below.  A group that is not there is no
 * error.  Returns 0, or -1 and errno; EBUSY: there are processes in it.
 */
int cgroup_remove(const struct pod *pod);
