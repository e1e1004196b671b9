/* SPDX-License-Identifier: Apache-2.0 */
/* lease - the pod's claim to ports of the host */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct mapping;

/*
 * The lease of a port is a socket bound to it: the kernel refuses a second one,
 * whether a pod's or a listener's of the host, and it goes with the last
 * process that holds it.  It never listens: what reaches it is refused.
 *
 * A purse keeps any number of descriptors in one: they lie in the queue of a
 * socket.
 */
struct purse {
	int kept; /* what to hold */
	int in;   /* the end where they go in */
};

void purse_open(struct purse *purse);
void purse_put(struct purse *purse, const int *descriptors, size_t count);

/*
 * Takes the leases of a mapping; ip6: it is for IPv6 too, unless it names
 * an address.  Ends the process with one line, and EX_TEMPFAIL if a port is in
 * use.
 */
void lease_take(struct purse *purse, const struct mapping *mapping, bool ip6);
