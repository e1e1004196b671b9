/* SPDX-License-Identifier: Apache-2.0 */
/* wire - the veth between the host and a pod, its addresses and routes */

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>

#include "forward.h"
#include "netlink.h"
#include "prog.h"
#include "wire.h"

enum {
	LOOPBACK = 1,
	/*
	 * The pod's end: above the fallback tunnels that a new namespace may
	 * be born with (sit0, gre0 and so on).
	 */
	POD_INDEX = 32,
	/* Indexes are tried from a place of the pod's own, above the usual. */
	HOST_INDEX = 0x10000000,
	INDEX_TRIES = 16,
};

/* The metadata service, reached through the host's end. */
#define METADATA 0xa9fea9ff /* 169.254.169.255 */

/* FNV-1a: which pair and which index a pod begins with. */
static uint32_t
hash(const char *text)
{
	uint32_t value = 2166136261;

	for (; *text != '\0'; text++)
		value = (value ^ (unsigned char)*text) * 16777619;
	return value;
}

/* The pairs of a subnet, without its first and its last. */
static uint32_t
pairs(const struct network *network)
{
	return (UINT32_C(1) << (31 - network->subnet.bits)) - 2;
}

static void
choose(struct wire *wire, const struct network *network, uint32_t pair)
{
	wire->pair = pair;
	wire->host = network->subnet.address + 2 * (pair + 1);
	wire->pod = wire->host + 1;
}

void
wire_plan(struct wire *wire, const struct network *network, const char *uuid)
{
	uint32_t value = hash(uuid);

	(void)snprintf(
	    wire->host_name, sizeof wire->host_name, "rkt-%.8s", uuid);
	wire->index = HOST_INDEX | (value & (HOST_INDEX - 1));
	choose(wire, network, value % pairs(network));
}

static void
put_address(struct netlink *netlink, uint16_t attribute, uint32_t address)
{
	netlink_put_u32(netlink, attribute, htonl(address));
}

static void
add_veth(struct netlink *netlink, const struct wire *wire,
    const struct network *network, int netns)
{
	struct ifinfomsg *body = netlink_add(netlink, RTM_NEWLINK,
	    NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, sizeof *body);
	size_t info, data, peer;

	body->ifi_index = (int)wire->index;
	netlink_put_text(netlink, IFLA_IFNAME, wire->host_name);
	if (network->mtu != 0)
		netlink_put_u32(netlink, IFLA_MTU, network->mtu);
	info = netlink_nest(netlink, IFLA_LINKINFO);
	netlink_put_text(netlink, IFLA_INFO_KIND, "veth");
	data = netlink_nest(netlink, IFLA_INFO_DATA);
	peer = netlink_nest(netlink, VETH_INFO_PEER);
	body = netlink_body(netlink, sizeof *body);
	body->ifi_index = POD_INDEX;
	netlink_put_text(netlink, IFLA_IFNAME, WIRE_POD_NAME);
	netlink_put_u32(netlink, IFLA_NET_NS_FD, (uint32_t)netns);
	if (network->mtu != 0)
		netlink_put_u32(netlink, IFLA_MTU, network->mtu);
	netlink_end(netlink, peer);
	netlink_end(netlink, data);
	netlink_end(netlink, info);
}

static void
set_up(struct netlink *netlink, uint32_t index)
{
	struct ifinfomsg *body =
	    netlink_add(netlink, RTM_NEWLINK, NLM_F_ACK, sizeof *body);

	body->ifi_index = (int)index;
	body->ifi_flags = IFF_UP;
	body->ifi_change = IFF_UP;
}

/*
 * The host's end: what comes from the pod is forwarded, if it has the pod's
 * address (strict rp_filter: the one route to that address is the lease); what
 * the pod says about routes is not listened to.
 */
static void
set_up_host(struct netlink *netlink, uint32_t index)
{
	size_t spec, family, conf;

	set_up(netlink, index);
	spec = netlink_nest(netlink, IFLA_AF_SPEC);
	family = netlink_nest(netlink, AF_INET);
	conf = netlink_nest(netlink, IFLA_INET_CONF);
	netlink_put_u32(netlink, IPV4_DEVCONF_FORWARDING, 1);
	netlink_put_u32(netlink, IPV4_DEVCONF_RP_FILTER, 1);
	netlink_put_u32(netlink, IPV4_DEVCONF_ACCEPT_REDIRECTS, 0);
	netlink_put_u32(netlink, IPV4_DEVCONF_SEND_REDIRECTS, 0);
	netlink_put_u32(netlink, IPV4_DEVCONF_ACCEPT_SOURCE_ROUTE, 0);
	netlink_end(netlink, conf);
	netlink_end(netlink, family);
	netlink_end(netlink, spec);
}

static void
add_address(struct netlink *netlink, uint32_t index, uint32_t address,
    unsigned char bits)
{
	struct ifaddrmsg *body = netlink_add(netlink, RTM_NEWADDR,
	    NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, sizeof *body);

	body->ifa_family = AF_INET;
	body->ifa_prefixlen = bits;
	body->ifa_index = index;
	put_address(netlink, IFA_LOCAL, address);
	put_address(netlink, IFA_ADDRESS, address);
}

static void
add_route(struct netlink *netlink, uint32_t index, const struct subnet *to,
    uint32_t gateway)
{
	struct rtmsg *body = netlink_add(netlink, RTM_NEWROUTE,
	    NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, sizeof *body);

	body->rtm_family = AF_INET;
	body->rtm_dst_len = (unsigned char)to->bits;
	body->rtm_table = RT_TABLE_MAIN;
	body->rtm_protocol = RTPROT_STATIC;
	body->rtm_scope = gateway == 0 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
	body->rtm_type = RTN_UNICAST;
	if (to->bits > 0)
		put_address(netlink, RTA_DST, to->address);
	if (gateway != 0)
		put_address(netlink, RTA_GATEWAY, gateway);
	netlink_put_u32(netlink, RTA_OIF, index);
}

/* An index in use says EBUSY; one more is then tried. */
static void
make_veth(struct netlink *netlink, struct wire *wire,
    const struct network *network, int netns)
{
	int result = -1;

	for (int i = 0; i < INDEX_TRIES; i++) {
		add_veth(netlink, wire, network, netns);
		result = netlink_send(netlink, NULL);
		if (result == 0 || errno != EBUSY)
			break;
		wire->index++;
	}
	if (result < 0)
		prog_die("%s", wire->host_name);
}

bool
wire_outside(struct wire *wire, const struct network *network, int netns)
{
	const uint32_t planned = wire->pair, count = pairs(network);
	const struct subnet *subnet = &network->subnet;
	struct netlink netlink;
	int result = -1;

	if (netlink_open(&netlink, NETLINK_ROUTE) < 0)
		prog_die("netlink");
	make_veth(&netlink, wire, network, netns);
	forward_no_ipv6(wire->host_name);
	set_up_host(&netlink, wire->index);
	for (uint32_t i = 0; i < count; i++) {
		struct subnet lease;
		unsigned failed = 0;

		choose(wire, network, (planned + i) % count);
		lease = (struct subnet){ wire->pod, 32 };
		add_route(&netlink, wire->index, &lease, 0);
		result = netlink_send(&netlink, &failed);
		if (result == 0 || errno != EEXIST)
			break;
	}
	if (result < 0 && errno == EEXIST)
		prog_diex("network \"%s\": all %u addresses of %s/%u are "
			  "in use, try again",
		    network->name, count, address_text(subnet->address),
		    subnet->bits);
	if (result == 0) {
		add_address(&netlink, wire->index, wire->host, 32);
		result = netlink_send(&netlink, NULL);
	}
	if (result < 0)
		prog_die("%s", wire->host_name);
	netlink_close(&netlink);
	return wire->pair != planned;
}

void
wire_inside(const struct wire *wire, const struct network *network)
{
	const struct subnet metadata = { METADATA, 32 };
	struct netlink netlink;

	if (netlink_open(&netlink, NETLINK_ROUTE) < 0)
		prog_die("netlink");
	set_up(&netlink, LOOPBACK);
	set_up(&netlink, POD_INDEX);
	add_address(&netlink, POD_INDEX, wire->pod, 31);
	add_route(&netlink, POD_INDEX, &metadata, wire->host);
	for (size_t i = 0; i < network->route_count; i++)
		add_route(&netlink, POD_INDEX, &network->routes[i], wire->host);
	if (netlink_send(&netlink, NULL) < 0)
		prog_die("%s", WIRE_POD_NAME);
	netlink_close(&netlink);
}

void
wire_loopback(void)
{
	struct netlink netlink;

	if (netlink_open(&netlink, NETLINK_ROUTE) < 0)
		prog_die("netlink");
	set_up(&netlink, LOOPBACK);
	if (netlink_send(&netlink, NULL) < 0)
		prog_die("lo");
	netlink_close(&netlink);
}
