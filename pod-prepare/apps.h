/* SPDX-License-Identifier: Apache-2.0 */
/* apps - images and arguments made the apps of a pod */
#pragma once

#include "args.h"
#include "images.h"
#include "manifest.h"

/* The whole pod of the arguments; each app from its image and its options. */
struct pod_manifest *apps_from_args(
    const struct args *args, const struct image *images);

/* The pod that --pod-manifest names, and the references of its apps' images. */
struct pod_manifest *apps_from_file(const char *file);
struct strings apps_references(const struct pod_manifest *pod);

/*
 * Makes the pod complete with what its images say: each app's "app", its
 * environment and mounts.  All these end the process on what cannot be.
 */
void apps_complete(struct pod_manifest *pod, const struct args *args,
    const struct image *images);
