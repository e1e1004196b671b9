/* SPDX-License-Identifier: Apache-2.0 */
/* volume - what is mounted into an app's root besides the image */
#pragma once

#include <stddef.h>

struct pod;
struct pod_app;
struct pod_manifest;
struct device;
struct userns;

/* The mounts of one app, outermost first. */
struct volumes {
	const char *app;
	struct volume_mount {
		int tree;           /* not attached anywhere yet */
		const char *target; /* in the app's root; the image's choice */
	} * list;
	size_t count;
	struct device *devices; /* that may only be read */
	size_t device_count;
};

/*
 * Opens the sources of an app's mounts, where the host's paths mean what the
 * operator meant: host directories and files with all that is mounted below
 * them (unless recursive is false), and the pod's own empty volumes, some of
 * which begin with what the image (lower) has there.  They are nosuid, nodev
 * unless the source itself is a device node, and read-only to the last mount
 * where that is asked for.  Empty ones belong to the pod's users; of host
 * directories its users are others, unless their ids are to be mapped.  What
 * fails ends the process.
 */
void volumes_open(const struct pod *pod, const struct pod_manifest *manifest,
    const struct pod_app *app, int lower, const struct userns *userns,
    struct volumes *volumes);

/* One more, of a tree that the caller has made. */
void volumes_add(struct volumes *volumes, int tree, const char *target);

/*
 * Attaches them below the descriptor root.  Targets are resolved inside it,
 * and made if they are missing.  What fails ends the process.
 */
void volumes_attach(const struct volumes *volumes, int root);
