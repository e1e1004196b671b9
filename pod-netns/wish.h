/* SPDX-License-Identifier: Apache-2.0 */
/* wish - which networks a pod is to have, by name */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "pod.h"

/* A pod has at most so many networks, as many as interfaces have names. */
enum { NETWORKS_MAX = 16 };

struct wish {
	char *name;
	char *args; /* CNI_ARGS, or NULL */
	bool found; /* for who looks for it */
};

struct wishes {
	bool host, none; /* these stand alone */
	bool all;        /* every network that there is */

	/* Users of the pod's own: asked for, or not refused. */
	bool users_asked, users;
	size_t count;
	struct wish list[NETWORKS_MAX];
};

/*
 * What run, the pod's run.json, says, as pod-prepare(1) writes it: nothing is
 * the host's.  Ends the process with one line if that is no list of networks.
 */
void wishes_read(
    const struct pod *pod, const json_t *run, struct wishes *wishes);

/* The wish for a network of that name, or NULL. */
struct wish *wish_for(struct wishes *wishes, const char *name);
