/* SPDX-License-Identifier: Apache-2.0 */
/* network - what a conf says about a network, and who makes it */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

#include "conf.h"
#include "subnet.h"
#include "wish.h"

/* A network that is built in has at most so many routes. */
enum { ROUTES_MAX = 16 };

/*
 * The subnets of pairs, IPv4, are from /8 to /29: the pair of the first address
 * (which names the subnet) and that of the last (broadcast) are not given to
 * pods.  IPv6 has room for as many pairs.
 */
enum { BITS_MIN = 8, BITS_MAX = 29 };

enum network_kind {
	NETWORK_PTP,    /* a veth and a pair of addresses, by us */
	NETWORK_BRIDGE, /* a port of a bridge, by us */
	NETWORK_PLUGINS /* whatever CNI plugins make of it */
};

struct network {
	const char *name;
	const char *args;   /* CNI_ARGS, or NULL */
	const json_t *list; /* the conf, as a conflist */
	enum network_kind kind;

	/* The rest is of those that are built in. */
	struct subnet ip4, ip6;
	bool masquerade;
	unsigned mtu; /* 0: the kernel's choice */
	struct subnet routes[ROUTES_MAX];
	size_t route_count;

	/* Of a bridge: pods have the addresses of these numbers. */
	char bridge[IF_NAMESIZE];
	uint32_t first, last;
	struct subnet gateway;
	bool is_gateway, is_default_gateway, hairpin;
};

struct networks {
	struct confs confs;
	struct network list[NETWORKS_MAX];
	size_t count;
};

/*
 * The networks that are wished for, in the order of their interfaces.  Ends the
 * process with one line if a conf file is wrong, if there is no network of such
 * a name, or if neither we nor a plugin of the machine can make one.
 */
void networks_read(struct networks *networks, struct wishes *wishes);
