/* SPDX-License-Identifier: Apache-2.0 */
/* link - interfaces, addresses and routes as messages to the kernel */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "netlink.h"
#include "subnet.h"

/* Of a network namespace, whichever. */
enum { LINK_LOOPBACK = 1 };

/* One end of a veth. */
struct link_end {
	const char *name;
	uint32_t index;
};

/* Each adds a message to those that wait; see netlink_send(). */

/* A veth, whose other end is in netns; mtu 0: the kernel's choice. */
void link_add_veth(struct netlink *netlink, const struct link_end *host,
    const struct link_end *pod, int netns, unsigned mtu);
void link_add_bridge(
    struct netlink *netlink, const char *name, uint32_t group, unsigned mtu);

/* Up; after it, attributes of the link may be added to the message. */
void link_up(struct netlink *netlink, uint32_t index);

/* No address of the link of its own making, before it is up: IPv6. */
void link_no_own_address(struct netlink *netlink, uint32_t index);

/* An address of as many bits, at once in use. */
void link_add_address(
    struct netlink *netlink, uint32_t index, const struct subnet *address);

/* A route, to a gateway unless that is NULL. */
void link_add_route(struct netlink *netlink, uint32_t index,
    const struct subnet *to, const struct subnet *gateway);
void link_delete_route(
    struct netlink *netlink, uint32_t index, const struct subnet *to);

/* What the host's end of a pod asks and answers, in the message of link_up. */
void link_put_ipv4_conf(struct netlink *netlink);
