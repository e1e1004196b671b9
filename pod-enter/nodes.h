/* SPDX-License-Identifier: Apache-2.0 */
/* nodes - the device nodes that a pod with power over mounts may use */
#pragma once

struct pod;
struct pod_manifest;

/*
 * Every file system of an app is nodev but the devices among its volumes; with
 * a capability beyond the specification's fourteen it may be able to mount
 * others.  So the devices of such a pod are bounded to those of its /dev and
 * of its volumes, to be read or written as these.  group is the pod's in the
 * unified hierarchy, or -1: then the hierarchy of the controller "devices" has
 * one, if there is that, and the result is the list of processes that pid 1
 * must write itself to; else -1.  What fails ends the process.
 */
int nodes_bound(
    const struct pod *pod, const struct pod_manifest *manifest, int group);
