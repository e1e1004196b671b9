/* SPDX-License-Identifier: Apache-2.0 */
/* wire - a pod's interface in one network, and the host's end of it */
#pragma once

#include <jansson.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "netlink.h"
#include "network.h"

struct wire {
	const struct network *network;
	char pod_name[IF_NAMESIZE];  /* eth0 and so on */
	uint32_t pod_index;          /* unless a plugin makes it */
	char host_name[IF_NAMESIZE]; /* empty: a plugin's, or none */
	uint32_t index;              /* of the host's end */
	uint32_t place;              /* which pair or address of the subnet */
	bool ip6_out;                /* the host has a way out for its IPv6 */

	/* Its addresses, and the gateways; those of family 0 are none. */
	struct subnet pod4, pod6, host4, host6;
	json_t *result; /* of plugins */
};

/* Chooses names, indexes and the place to begin with, all by the UUID. */
void wire_plan(struct wire *wire, const struct network *network,
    const char *uuid, unsigned number);

/*
 * For a network of pairs, in the host's namespace: makes the veth with its
 * other end in netns and takes a pair, the first that is free after the planned
 * one.  The host's route to the pod's address is the lease: the kernel refuses
 * a second one, and it goes with the veth.  Ends the process with one line if
 * that fails, with EX_TEMPFAIL if all pairs are taken.
 */
void wire_outside(struct wire *wire, int netns);

/* The same for both ends of the veth of any kind of network. */
void wire_make(struct netlink *netlink, struct wire *wire, int netns);

/* All are taken: ends the process with EX_TEMPFAIL and one line. */
_Noreturn void wire_used_up(const struct wire *wire, uint32_t count);

/*
 * By a socket in the pod's namespace: the pod's end, its addresses and routes,
 * together with what waits there.  What an earlier network has a route to keeps
 * it.
 */
void wire_inside(struct netlink *inside, const struct wire *wire);

/* The same for lo, which every pod has. */
void wire_loopback(struct netlink *inside);
