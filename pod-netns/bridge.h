/* SPDX-License-Identifier: Apache-2.0 */
/* bridge - a pod's interface as a port of a bridge of the host's */
#pragma once

#include "wire.h"

/* Chooses the address to begin with. */
void bridge_plan(struct wire *wire, uint32_t value);

/*
 * In the host's namespace: makes the bridge if there is none, under a
 * lock that pod-gc(8) takes too, and a veth, one end of which becomes its port.
 * The MAC of the pod says its address (0a:58 and the four bytes), and the
 * port's own entry for that MAC in the bridge's table is the lease: the kernel
 * refuses a second one, it goes with the port, and the bridge lets no frame of
 * another MAC in by that port.  Ends the process with one line if that fails,
 * with EX_TEMPFAIL if all addresses are taken.
 */
void bridge_outside(struct wire *wire, int netns);

/* Adds the MAC of the address to the message that brings the pod's end up. */
void bridge_put_mac(struct netlink *netlink, const struct wire *wire);
