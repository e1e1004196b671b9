/* SPDX-License-Identifier: Apache-2.0 */
/* volumes - what the apps share with the host and each other, and where */
#pragma once

#include "args.h"
#include "manifest.h"

/*
 * Checks the volumes of the pod: names once, the sources of host volumes
 * there and no symbolic links.  Ends the process if not.
 */
void volumes_check(const struct pod_manifest *pod);

/* --volume of the arguments as volumes of the pod. */
void volumes_add(struct pod_manifest *pod, const struct args *args);

/*
 * Makes the mounts of an app final: its own, those for all apps, and for each
 * mount point of the image that has none the volume of its name; where there
 * is no such volume, an empty one is added to the pod, with a warning, which is
 * to begin with the image's content if filled says so.  All
 * paths are then absolute and plain, and no two are equal.  Ends the process
 * on a mount of an unknown volume, of an unknown mount point, or twice.
 */
void volumes_mount(struct pod_manifest *pod, struct pod_app *app, bool filled,
    const struct pod_mount *for_all, size_t for_all_count);
