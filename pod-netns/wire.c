/* SPDX-License-Identifier: Apache-2.0 */
/* wire - a pod's interface in one network, and the host's end of it */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <linux/if_link.h>

#include "bridge.h"
#include "forward.h"
#include "link.h"
#include "prog.h"
#include "uuid.h"
#include "wire.h"

enum {
	/*
	 * The pod's ends: above the fallback tunnels that a new namespace may
	 * be born with (sit0, gre0 and so on).
	 */
	POD_INDEX = 32,
	/* Indexes are tried from a place of the pod's own, above the usual. */
	HOST_INDEX = 0x10000000,
	INDEX_TRIES = 16,
};

/* How often, and how long, a name is waited for: two seconds. */
enum { NAME_TRIES = 200, NAME_WAIT_NS = 10000000 };

/* The metadata service, reached through the host's end. */
static const struct subnet metadata = {
	.family = AF_INET, .bits = 32, .address = { 169, 254, 169, 255 }
};

/* The two ends on the link itself: IPv6 asks from there for neighbours. */
static const struct subnet link_host = {
	.family = AF_INET6, .bits = 64, .address = { 0xfe, 0x80, [15] = 1 }
};
static const struct subnet link_pod = {
	.family = AF_INET6, .bits = 64, .address = { 0xfe, 0x80, [15] = 2 }
};

/* The pairs of a subnet, without its first and its last. */
static uint32_t
pairs(const struct network *network)
{
	return (UINT32_C(1) << (31 - network->ip4.bits)) - 2;
}

static void
choose_pair(struct wire *wire, uint32_t pair)
{
	const struct network *network = wire->network;

	wire->place = pair;
	wire->host4 = subnet_address(&network->ip4, 2 * (pair + 1));
	wire->pod4 = subnet_address(&network->ip4, 2 * (pair + 1) + 1);
	if (network->ip6.family != 0) {
		wire->host6 = subnet_address(&network->ip6, 2 * (pair + 1));
		wire->pod6 = subnet_address(&network->ip6, 2 * (pair + 1) + 1);
	}
}

void
wire_plan(struct wire *wire, const struct network *network, const char *uuid,
    unsigned number)
{
	uint32_t value = uuid_hash(uuid) + number;

	*wire = (struct wire){ .network = network };
	(void)snprintf(wire->pod_name, sizeof wire->pod_name, "eth%u", number);
	if (network->kind == NETWORK_PLUGINS)
		return;
	(void)snprintf(wire->host_name, sizeof wire->host_name,
	    number == 0 ? "rkt-%.8s" : "rkt-%.8s-%u", uuid, number);
	wire->pod_index = POD_INDEX + number;
	wire->index = HOST_INDEX | (value & (HOST_INDEX - 1));
	if (network->kind == NETWORK_PTP)
		choose_pair(wire, value % pairs(network));
	else
		bridge_plan(wire, value);
}

/*
 * The name is taken while the kernel takes the namespace of the pod's earlier
 * run apart, which nothing tells the end of.
 */
static bool
wait_for_name(int *tries)
{
	const struct timespec pause = { .tv_nsec = NAME_WAIT_NS };

	if (errno != EEXIST || --*tries < 0)
		return false;
	(void)nanosleep(&pause, NULL);
	return true;
}

/* An index in use says EBUSY; one more is then tried. */
void
wire_make(struct netlink *netlink, struct wire *wire, int netns)
{
	const struct link_end pod = { wire->pod_name, wire->pod_index };
	int result = -1, names = NAME_TRIES;

	for (int i = 0; i < INDEX_TRIES;) {
		const struct link_end host = { wire->host_name, wire->index };

		link_add_veth(netlink, &host, &pod, netns, wire->network->mtu);
		result = netlink_send(netlink, NULL);
		if (result < 0 && wait_for_name(&names))
			continue;
		if (result == 0 || errno != EBUSY)
			break;
		wire->index++;
		i++;
	}
	if (result < 0)
		prog_die("%s", wire->host_name);
	if (wire->pod6.family == 0)
		forward_no_ipv6(wire->host_name);
	else
		forward_ipv6(wire->host_name);
}

_Noreturn void
wire_used_up(const struct wire *wire, uint32_t count)
{
	const struct subnet *subnet = &wire->network->ip4;

	/* Unless the caller wants all failures to look the same. */
	if (prog_status == CHAIN_FAILED)
		prog_status = EX_TEMPFAIL;
	prog_diex("network \"%s\": all %u addresses of %s/%u are in use, try "
		  "again",
	    wire->network->name, count, address_text(subnet), subnet->bits);
}

/* Both ends are routers' ends, one address each. */
static int
add_addresses(struct netlink *netlink, const struct wire *wire)
{
	link_add_address(netlink, wire->index, &wire->host4);
	if (wire->pod6.family != 0) {
		link_add_address(netlink, wire->index, &link_host);
		link_add_address(netlink, wire->index, &wire->host6);
	}
	return netlink_send(netlink, NULL);
}

/*
 * Both families have the same pair of their subnets.  Should somebody else have
 * a route to that of IPv6, the pair is not free, and the other one goes back.
 */
static int
take_pair(struct netlink *netlink, const struct wire *wire)
{
	link_add_route(netlink, wire->index, &wire->pod4, NULL);
	if (netlink_send(netlink, NULL) < 0)
		return -1;
	if (wire->pod6.family == 0)
		return 0;
	link_add_route(netlink, wire->index, &wire->pod6, NULL);
	if (netlink_send(netlink, NULL) == 0)
		return 0;
	if (errno == EEXIST) {
		link_delete_route(netlink, wire->index, &wire->pod4);
		(void)netlink_send(netlink, NULL);
		errno = EEXIST;
	}
	return -1;
}

void
wire_outside(struct wire *wire, int netns)
{
	const uint32_t planned = wire->place, count = pairs(wire->network);
	struct netlink netlink;
	int result = -1;

	if (netlink_open(&netlink, NETLINK_ROUTE) < 0)
		prog_die("netlink");
	wire_make(&netlink, wire, netns);
	if (wire->pod6.family != 0)
		link_no_own_address(&netlink, wire->index);
	link_up(&netlink, wire->index);
	link_put_ipv4_conf(&netlink);
	/* Sent with the first lease that is tried. */
	for (uint32_t i = 0; i < count; i++) {
		choose_pair(wire, (planned + i) % count);
		result = take_pair(&netlink, wire);
		if (result == 0 || errno != EEXIST)
			break;
	}
	if (result < 0 && errno == EEXIST)
		wire_used_up(wire, count);
	if (result < 0 || add_addresses(&netlink, wire) < 0)
		prog_die("%s", wire->host_name);
	netlink_close(&netlink);
}

/* The pod's own address with the bits of its link. */
static void
add_pod_addresses(struct netlink *inside, const struct wire *wire)
{
	struct subnet address = wire->pod4;

	address.bits =
	    wire->network->kind == NETWORK_PTP ? 31 : wire->network->ip4.bits;
	link_add_address(inside, wire->pod_index, &address);
	if (wire->pod6.family == 0)
		return;
	address = wire->pod6;
	address.bits = 127;
	link_add_address(inside, wire->pod_index, &link_pod);
	link_add_address(inside, wire->pod_index, &address);
}

/* Without a way out: better no route at once than none after a while. */
static bool
is_of_use(const struct wire *wire, const struct subnet *to)
{
	return to->family == AF_INET6
		   ? wire->host6.family != 0 && (to->bits > 0 || wire->ip6_out)
		   : wire->host4.family != 0;
}

/* The others of a network of pairs, unless they are on the way out. */
static void
add_route_to_others(struct netlink *inside, const struct wire *wire,
    const struct subnet *others, const struct subnet *gateway)
{
	const struct network *network = wire->network;

	if (others->family == 0)
		return;
	for (size_t i = 0; i < network->route_count; i++)
		if (is_of_use(wire, &network->routes[i]) &&
		    subnet_holds(&network->routes[i], others))
			return;
	link_add_route(inside, wire->pod_index, others, gateway);
}

static void
add_pod_routes(struct netlink *inside, const struct wire *wire)
{
	static const struct subnet anywhere = { .family = AF_INET };
	const struct network *network = wire->network;

	if (wire->host4.family != 0)
		link_add_route(
		    inside, wire->pod_index, &metadata, &wire->host4);
	for (size_t i = 0; i < network->route_count; i++) {
		const struct subnet *to = &network->routes[i];

		if (is_of_use(wire, to))
			link_add_route(inside, wire->pod_index, to,
			    to->family == AF_INET6 ? &wire->host6
						   : &wire->host4);
	}
	if (network->kind == NETWORK_PTP) {
		add_route_to_others(inside, wire, &network->ip4, &wire->host4);
		add_route_to_others(inside, wire, &network->ip6, &wire->host6);
	}
	if (network->is_default_gateway)
		link_add_route(
		    inside, wire->pod_index, &anywhere, &wire->host4);
}

/* What an earlier network has a route to keeps it. */
void
wire_inside(struct netlink *inside, const struct wire *wire)
{
	if (wire->pod6.family != 0)
		link_no_own_address(inside, wire->pod_index);
	link_up(inside, wire->pod_index);
	if (wire->network->kind == NETWORK_BRIDGE)
		bridge_put_mac(inside, wire);
	add_pod_addresses(inside, wire);
	add_pod_routes(inside, wire);
	if (netlink_send(inside, NULL) < 0 && errno != EEXIST)
		prog_die("%s", wire->pod_name);
}

void
wire_loopback(struct netlink *inside)
{
	link_up(inside, LINK_LOOPBACK);
	if (netlink_send(inside, NULL) < 0)
		prog_die("lo");
}
