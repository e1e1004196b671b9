/* SPDX-License-Identifier: Apache-2.0 */
/* overlay - an app's root file system: its image, and what it writes */
#pragma once

struct layers;
struct pod;
struct pod_app;
struct userns;

/*
 * The app's image with the ids of the pod's users, and again if it is unmounted
 * meanwhile: a descriptor of its root directory.  What fails ends the process.
 */
int overlay_lower(const struct pod *pod, const struct pod_app *app,
    const struct userns *userns);

/*
 * The layers above the image, as a mount that is not attached.  What fails ends
 * the process.
 */
int overlay_open(const struct pod *pod, const struct pod_app *app,
    const struct userns *userns, const struct layers *layers);
