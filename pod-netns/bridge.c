/* SPDX-License-Identifier: Apache-2.0 */
/* bridge - a pod's interface as a port of a bridge of the host's */

#include <errno.h>
#include <string.h>

#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "bridge.h"
#include "bridges.h"
#include "forward.h"
#include "link.h"
#include "prog.h"
#include "scope.h"

enum { MAC_SIZE = 6 };

static uint32_t
count_of(const struct network *network)
{
	return network->last - network->first + 1;
}

static void
choose(struct wire *wire, uint32_t place)
{
	const struct network *network = wire->network;

	wire->place = place;
	wire->pod4 = subnet_address(&network->ip4, network->first + place);
}

void
bridge_plan(struct wire *wire, uint32_t value)
{
	const struct network *network = wire->network;

	choose(wire, value % count_of(network));
	if (network->is_gateway)
		wire->host4 = network->gateway;
}

static void
mac_of(const struct wire *wire, unsigned char mac[MAC_SIZE])
{
	mac[0] = 0x0a;
	mac[1] = 0x58;
	memcpy(mac + 2, wire->pod4.address, 4);
}

void
bridge_put_mac(struct netlink *netlink, const struct wire *wire)
{
	unsigned char mac[MAC_SIZE];

	mac_of(wire, mac);
	netlink_put(netlink, IFLA_ADDRESS, mac, sizeof mac);
}

/*
 * The bridge, which several pods share: pod-gc(8) knows it for ours by its
 * group, and removes it when it has no port.
 */
static uint32_t
make_bridge(struct netlink *netlink, const struct network *network)
{
	struct subnet address = network->gateway;
	uint32_t index;

	link_add_bridge(netlink, network->bridge, BRIDGES_GROUP, network->mtu);
	if (netlink_send(netlink, NULL) < 0 && errno != EEXIST)
		prog_die("bridge %s", network->bridge);
	index = if_nametoindex(network->bridge);
	if (index == 0)
		prog_die("bridge %s", network->bridge);
	forward_no_ipv6(network->bridge);
	link_up(netlink, index);
	if (network->is_gateway)
		link_put_ipv4_conf(netlink);
	if (netlink_send(netlink, NULL) < 0)
		prog_die("bridge %s", network->bridge);
	address.bits = network->ip4.bits;
	if (network->is_gateway) {
		link_add_address(netlink, index, &address);
		if (netlink_send(netlink, NULL) < 0 && errno != EEXIST)
			prog_die("bridge %s", network->bridge);
	}
	return index;
}

/* What a port is allowed: to learn nothing, and only its own MAC. */
static int
restrict_port(struct netlink *netlink, const struct wire *wire, bool locked)
{
	const unsigned char off = 0, on = 1;
	struct ifinfomsg *body =
	    netlink_add(netlink, RTM_SETLINK, NLM_F_ACK, sizeof *body);
	size_t info;

	body->ifi_family = AF_BRIDGE;
	body->ifi_index = (int)wire->index;
	info = netlink_nest(netlink, IFLA_PROTINFO);
	netlink_put(netlink, IFLA_BRPORT_LEARNING, &off, sizeof off);
	netlink_put(netlink, IFLA_BRPORT_MODE,
	    wire->network->hairpin ? &on : &off, sizeof on);
	/* Of 5.18; before, a pod may send with another's MAC. */
	if (locked)
		netlink_put(netlink, IFLA_BRPORT_LOCKED, &on, sizeof on);
	netlink_end(netlink, info);
	return netlink_send(netlink, NULL);
}

static void
join_bridge(struct netlink *netlink, const struct wire *wire, uint32_t bridge)
{
	link_up(netlink, wire->index);
	netlink_put_u32(netlink, IFLA_MASTER, bridge);
	if (netlink_send(netlink, NULL) < 0)
		prog_die(
		    "%s: port of %s", wire->host_name, wire->network->bridge);
	if (restrict_port(netlink, wire, true) < 0 &&
	    restrict_port(netlink, wire, false) < 0)
		prog_die(
		    "%s: port of %s", wire->host_name, wire->network->bridge);
}

static int
take_address(struct netlink *netlink, const struct wire *wire)
{
	unsigned char mac[MAC_SIZE];
	struct ndmsg *body = netlink_add(netlink, RTM_NEWNEIGH,
	    NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, sizeof *body);

	body->ndm_family = AF_BRIDGE;
	body->ndm_ifindex = (int)wire->index;
	body->ndm_state = NUD_NOARP;
	body->ndm_flags = NTF_MASTER | NTF_STICKY;
	mac_of(wire, mac);
	netlink_put(netlink, NDA_LLADDR, mac, sizeof mac);
	return netlink_send(netlink, NULL);
}

/* Is that the gateway's own? */
static bool
is_taken(const struct wire *wire)
{
	return subnet_holds(&wire->network->gateway, &wire->pod4);
}

void
bridge_outside(struct wire *wire, int netns)
{
	const struct network *network = wire->network;
	const uint32_t planned = wire->place, count = count_of(network);
	autofd int lock = bridges_lock();
	struct netlink netlink;
	int result = -1;

	if (lock < 0)
		prog_die("network \"%s\": lock", network->name);
	if (netlink_open(&netlink, NETLINK_ROUTE) < 0)
		prog_die("netlink");
	wire_make(&netlink, wire, netns);
	join_bridge(&netlink, wire, make_bridge(&netlink, network));
	scope_close(&lock);
	errno = EEXIST;
	for (uint32_t i = 0; i < count; i++) {
		choose(wire, (planned + i) % count);
		if (is_taken(wire))
			continue;
		result = take_address(&netlink, wire);
		if (result == 0 || errno != EEXIST)
			break;
	}
	if (result < 0 && errno == EEXIST)
		wire_used_up(wire, count);
	if (result < 0)
		prog_die("%s", wire->host_name);
	netlink_close(&netlink);
}
