/* SPDX-License-Identifier: Apache-2.0 */
/* wire - the veth between the host and a pod, its addresses and routes */
#pragma once

#include <net/if.h>
#include <stdint.h>

#include "network.h"

/* The pod's end has this name. */
#define WIRE_POD_NAME "eth0"

struct wire {
	char host_name[IF_NAMESIZE]; /* the host's end */
	uint32_t index;              /* of the host's end */
	uint32_t pair;               /* which /31 of the subnet */
	uint32_t host, pod;          /* its two addresses */
};

/* Chooses names, index and the pair to begin with, all by the UUID. */
void wire_plan(
    struct wire *wire, const struct network *network, const char *uuid);

/*
 * In the host's namespace: makes the veth with its other end in netns and takes
 * a pair, the first that is free after the planned one.  The host's route to
 * the pod's address is the lease: the kernel refuses a second one, and it goes
 * with the veth.  Returns whether the pair is another one than planned.  Ends
 * the process with one line if that fails or all pairs are taken.
 */
bool wire_outside(struct wire *wire, const struct network *network, int netns);

/* In the pod's namespace: the pod's end and the way out. */
void wire_inside(const struct wire *wire, const struct network *network);

/* In the namespace of a pod without any network: lo alone. */
void wire_loopback(void);
