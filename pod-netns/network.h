/* SPDX-License-Identifier: Apache-2.0 */
/* network - what net.d says about a network */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "masquerade.h"

/* Bounds on a conf file, on net.d, and on the routes of one network. */
enum {
	CONF_MAX = 64 * 1024,
	CONF_FILES_MAX = 256,
	ROUTES_MAX = 16,
};

/*
 * A subnet is from /8 to /29: the pair of its first address (which names the
 * subnet) and that of its last (broadcast) are not given to pods.
 */
enum { BITS_MIN = 8, BITS_MAX = 29 };

struct network {
	const char *name;
	struct subnet subnet;
	bool masquerade;
	unsigned mtu; /* 0: the kernel's choice */
	struct subnet routes[ROUTES_MAX];
	size_t route_count;
};

/*
 * The network called default: as built in, unless a file net.d/NAME.conf of the
 * local configuration, or else of the system's, describes one of that name.
 * Ends the process with one line if a conf file is wrong.
 */
void network_default(struct network *network);
