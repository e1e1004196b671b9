/* SPDX-License-Identifier: Apache-2.0 */
/* collect - remove one pod and all that it left */
#pragma once

struct pod;

/*
 * For a pod whose lock the caller holds, and which has ended: removes its
 * cgroup, waits until the kernel has taken its interfaces away, has plugins
 * undo what they made, frees its user ids, and removes the directory, from
 * garbage.  Returns 0, or -1 after a line on stderr: the pod is then where it
 * was, or in garbage, and the next gc tries again.
 */
int collect(struct pod *pod);

/*
 * Removes a directory in garbage that is empty, as a gc that was killed may
 * leave one.  Returns 0, also if it is gone meanwhile, or -1 and errno.
 */
int collect_rest(const struct pod *pod);
