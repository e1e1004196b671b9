/* SPDX-License-Identifier: Apache-2.0 */
/* root - an app's mount namespace: its image, and what we put into it */
#pragma once

#include <stdbool.h>

#include "volume.h"

struct dev_shared;
struct names;
struct pod;
struct pod_app;
struct pod_manifest;
struct userns;

struct root {
	const struct pod_app *app;
	int tree; /* the image under a layer of the pod's own; not attached */
	struct volumes volumes;
	const struct names *names;
	const struct userns *userns;
	bool unmasked; /* nothing of /proc and /sys is hidden from it */
};

/*
 * Makes an app's root as far as it can be made outside: the overlay on the
 * image, and the sources of its volumes.  root->names, userns and unmasked
 * are set already. What fails ends the process.
 */
void root_open(const struct pod *pod, const struct pod_manifest *manifest,
    const struct pod_app *app, struct root *root);

/*
 * Makes it the root of this process, in a mount namespace of its own that is
 * a private copy of the host's and holds nothing else afterwards.  Called by
 * pid 1 of the pod, in all its namespaces.  What fails ends the process.
 */
void root_build(const struct root *root, const struct dev_shared *shared);
