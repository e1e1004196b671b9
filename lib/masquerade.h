/* SPDX-License-Identifier: Apache-2.0 */
/* masquerade - the rules of a network: its pods reach out, as themselves */
#pragma once

#include "subnet.h"

/*
 * A network's rules stand in a table of its own, "inet rkt-net-NAME", each with
 * a subnet as its comment, so that removing one network's is a single message
 * and disturbs no other.  The table belongs to who holds the network's lock,
 * RKT_RUN/net/NAME.lock, for which this waits: a descriptor, or -1 and errno.
 */
int masquerade_lock(const char *network);

/*
 * What leaves the subnet becomes the host's: adds what is missing of table,
 * chain and rule.  Returns 0, or -1 and errno.
 */
int masquerade_keep(const char *network, const struct subnet *subnet);

/*
 * For IPv6, which has no rp_filter: what comes from the host's end of a pod
 * with an address that has no route back there is dropped.  0, or -1, errno.
 */
int masquerade_guard(const char *network, const struct subnet *subnet);

/*
 * Removes the tables of the networks of which no pod is left: there is no route
 * of the host's to any of their subnets, nor to an address in it (a lease).
 * Returns 0, or -1 and errno.
 */
int masquerade_drop_unused(void);
