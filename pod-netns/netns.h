/* SPDX-License-Identifier: Apache-2.0 */
/* netns - the network namespaces of the host and of the pod */
#pragma once

#include "netlink.h"

/*
 * The one that this process is in: a descriptor above the chain's.  Ends the
 * process with one line if that fails, as the others do.
 */
int netns_current(void);

/* A new one, and a socket of rtnetlink(7) in it: sockets stay where made. */
struct netns {
	int fd;
	struct netlink inside;
};

/*
 * Makes a new one, unless that was made already for a user namespace that is
 * to own it, and comes back to host.  made: that one, or -1.
 */
void netns_make(int host, int made, struct netns *netns);

/* Changes over to it. */
void netns_enter(int netns);
