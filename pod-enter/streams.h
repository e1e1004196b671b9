/* SPDX-License-Identifier: Apache-2.0 */
/* streams - what each app has as 0, 1 and 2, and who has the other ends */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "plan.h"

struct dev_shared;
struct pod;
struct pod_manifest;
struct userns;

/* The descriptors of an app, by enum app_fd; -1: none. */
struct streams {
	int fds[APP_FD_COUNT];
	uint32_t flags; /* APP_… */
};

/*
 * What run.json chose for the streams of each app; those of a pod that is not
 * detached are its caller's unless something was chosen.  Terminals are made
 * in shared->pts, whose number becomes the console's unless there is one.
 * What fails ends the process.  The caller frees the list.
 */
struct streams *streams_open(const struct pod *pod,
    const struct pod_manifest *manifest, const json_t *run,
    struct dev_shared *shared, const struct userns *userns);
