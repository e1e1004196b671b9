/* SPDX-License-Identifier: Apache-2.0 */
/* portmap - ports of the host that lead to the pod */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/if_link.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/rtnetlink.h>

#include "alloc.h"
#include "netlink.h"
#include "portmap.h"
#include "prog.h"
#include "rule.h"
#include "scope.h"

#define TABLE    "rkt-ports-"
#define FORWARDS "forwards"

/* Where the addresses are in the header, and the port in the next one. */
enum { SOURCE4 = 12, TARGET4 = 16, SOURCE6 = 8, TARGET6 = 24, PORT = 2 };

/* "raw", before connections are known, and the two of address translation. */
enum { PRIORITY_RAW = -300, PRIORITY_TARGET = -100, PRIORITY_SOURCE = 100 };

/* Bytes of a batch: of its tables and chains, a mapping, an element. */
enum { BASE_ROOM = 8192, MAPPING_ROOM = 2048, ELEMENT_ROOM = 32 };

/* So many elements are less than 64 KiB, the bound of their list. */
enum { ELEMENTS = 2000 };

static const struct subnet loopback4 = { AF_INET, 8, { 127 } };
static const struct subnet loopback6 = { AF_INET6, 128, { [15] = 1 } };

/* The first that is masqueraded has the way out, hence the way back. */
static const struct wire *
find_wire(const struct wire *wires, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (wires[i].network->masquerade)
			return &wires[i];
	return &wires[count - 1];
}

void
portmap_claim(struct portmap *portmap, const struct pod *pod, const json_t *run,
    const struct wire *wires, size_t count)
{
	*portmap = (struct portmap){ .purse = { -1, -1 } };
	if (count == 0)
		return;
	portmap->wire = find_wire(wires, count);
	portmap->ip6 = portmap->wire->pod6.family != 0;
	portmap->list = mappings_read(pod, run, &portmap->count);
	if (portmap->count == 0)
		return;
	portmap->table = xasprintf(TABLE "%s", pod->uuid);
	purse_open(&portmap->purse);
	for (size_t i = 0; i < portmap->count; i++) {
		const struct mapping *mapping = &portmap->list[i];

		if (mapping->host.family == AF_INET6 && !portmap->ip6)
			prog_diex("port \"%s\": %s: the pod has no IPv6",
			    mapping->name, mapping_text(mapping, 0));
		lease_take(&portmap->purse, mapping, portmap->ip6);
	}
}

static void
match_family(struct netlink *netlink, const struct subnet *pod)
{
	const uint8_t family =
	    pod->family == AF_INET6 ? NFPROTO_IPV6 : NFPROTO_IPV4;

	rule_load_meta(netlink, NFT_META_NFPROTO);
	rule_compare(netlink, NFT_CMP_EQ, &family, sizeof family);
}

/* The address at the place is one of those. */
static void
match_address(
    struct netlink *netlink, uint32_t place, const struct subnet *subnet)
{
	const size_t length = address_size(subnet->family);
	unsigned char mask[sizeof subnet->address];
	unsigned char wanted[sizeof subnet->address];

	rule_load_bytes(
	    netlink, NFT_PAYLOAD_NETWORK_HEADER, place, (uint32_t)length);
	subnet_mask(subnet, mask);
	for (size_t i = 0; i < length; i++)
		wanted[i] = subnet->address[i] & mask[i];
	if (subnet->bits < address_bits(subnet->family))
		rule_mask(netlink, mask, length);
	rule_compare(netlink, NFT_CMP_EQ, wanted, length);
}

static void
match_ports(struct netlink *netlink, const struct mapping *mapping)
{
	const uint16_t first = htons(mapping->host_port);
	const uint16_t last =
	    htons((uint16_t)(mapping->host_port + mapping->count - 1));

	rule_load_meta(netlink, NFT_META_L4PROTO);
	rule_compare(
	    netlink, NFT_CMP_EQ, &mapping->protocol, sizeof mapping->protocol);
	rule_load_bytes(
	    netlink, NFT_PAYLOAD_TRANSPORT_HEADER, PORT, sizeof(uint16_t));
	if (mapping->count == 1)
		rule_compare(netlink, NFT_CMP_EQ, &first, sizeof first);
	else
		rule_between(netlink, &first, &last, sizeof first);
}

static bool
is_shifted(const struct mapping *mapping)
{
	return mapping->count > 1 && mapping->port != mapping->host_port;
}

static const char *
map_name(size_t i)
{
	static char name[32];

	(void)snprintf(name, sizeof name, "ports-%zu", i);
	return name;
}

/* Rules cannot reckon: a range that has other numbers in the pod is a table. */
static void
add_map(struct netlink *netlink, const struct portmap *portmap, size_t n)
{
	const struct mapping *mapping = &portmap->list[n];
	const char *name = map_name(n);
	size_t list = 0;

	rule_map(netlink, portmap->table, name);
	for (unsigned i = 0; i < mapping->count; i++) {
		if (i % ELEMENTS == 0)
			list =
			    rule_elements_begin(netlink, portmap->table, name);
		rule_element(netlink, (uint16_t)(mapping->host_port + i),
		    (uint16_t)(mapping->port + i));
		if ((i + 1) % ELEMENTS == 0 || i + 1 == mapping->count)
			netlink_end(netlink, list);
	}
}

/* From this port of the host, to that of the pod. */
static void
add_forward(struct netlink *netlink, const struct portmap *portmap, size_t n,
    const struct subnet *pod)
{
	const struct mapping *mapping = &portmap->list[n];
	const bool six = pod->family == AF_INET6;
	const uint16_t port = htons(mapping->port);
	bool changes = mapping->port != mapping->host_port;
	size_t rule;

	if (mapping->host.family != 0 && mapping->host.family != pod->family)
		return;
	rule = rule_begin(netlink, portmap->table, FORWARDS);
	match_family(netlink, pod);
	if (!mapping_is_any(mapping))
		match_address(netlink, six ? TARGET6 : TARGET4, &mapping->host);
	match_ports(netlink, mapping);
	if (is_shifted(mapping))
		rule_look_up(netlink, map_name(n), NFT_REG_2);
	else if (changes)
		rule_set(netlink, NFT_REG_2, &port, sizeof port);
	rule_set(netlink, NFT_REG_1, pod->address, address_size(pod->family));
	rule_dnat(netlink, six ? NFPROTO_IPV6 : NFPROTO_IPV4, changes);
	rule_end(netlink, rule, mapping->name);
}

/*
 * Who asks from there, and was led to the pod, becomes the host: else its
 * answer would not find the way, or not the one by the host.
 */
static void
add_return(struct netlink *netlink, const char *table,
    const struct subnet *from, const struct subnet *pod)
{
	const bool six = pod->family == AF_INET6;
	const uint32_t led = IPS_DST_NAT, zero = 0;
	size_t rule = rule_begin(netlink, table, "postrouting");

	match_family(netlink, pod);
	match_address(netlink, six ? SOURCE6 : SOURCE4, from);
	match_address(netlink, six ? TARGET6 : TARGET4, pod);
	rule_load_ct(netlink, NFT_CT_STATUS);
	rule_mask(netlink, &led, sizeof led);
	rule_compare(netlink, NFT_CMP_NEQ, &zero, sizeof zero);
	rule_masquerade(netlink);
	rule_end(netlink, rule, NULL);
}

/*
 * The kernel takes 127.0.0.0/8 on this interface, since answers to the host's
 * own 127.0.0.1 come back there, later than here.  What the pod itself sends
 * to, or from, such an address ends here (CVE-2020-8558).
 */
static void
add_guard(struct netlink *netlink, const char *table, uint32_t interface)
{
	static const uint32_t places[] = { SOURCE4, TARGET4 };

	for (size_t i = 0; i < 2; i++) {
		size_t rule = rule_begin(netlink, table, "guard");

		rule_load_meta(netlink, NFT_META_IIF);
		rule_compare(netlink, NFT_CMP_EQ, &interface, sizeof interface);
		match_family(netlink, &loopback4);
		match_address(netlink, places[i], &loopback4);
		rule_verdict(netlink, NF_DROP, NULL);
		rule_end(netlink, rule, NULL);
	}
}

/* Only what goes to an address of the host itself is led on. */
static void
add_jump(struct netlink *netlink, const char *table, const char *chain)
{
	const uint32_t local = RTN_LOCAL;
	size_t rule = rule_begin(netlink, table, chain);

	rule_load_target(netlink);
	rule_compare(netlink, NFT_CMP_EQ, &local, sizeof local);
	rule_verdict(netlink, NFT_JUMP, FORWARDS);
	rule_end(netlink, rule, NULL);
}

static void
add_chains(struct netlink *netlink, const char *table)
{
	rule_own_table(netlink, table);
	rule_chain(netlink, table, "guard", "filter", NF_INET_PRE_ROUTING,
	    PRIORITY_RAW);
	rule_chain(netlink, table, FORWARDS, NULL, 0, 0);
	rule_chain(netlink, table, "prerouting", "nat", NF_INET_PRE_ROUTING,
	    PRIORITY_TARGET);
	rule_chain(netlink, table, "output", "nat", NF_INET_LOCAL_OUT,
	    PRIORITY_TARGET);
	rule_chain(netlink, table, "postrouting", "nat", NF_INET_POST_ROUTING,
	    PRIORITY_SOURCE);
	add_jump(netlink, table, "prerouting");
	add_jump(netlink, table, "output");
}

/* The pod's address, and the rules of its family. */
static void
add_family(struct netlink *netlink, const struct portmap *portmap,
    const struct wire *wire, const struct subnet *pod)
{
	const bool six = pod->family == AF_INET6;
	struct subnet near = *pod;

	/* Who is on the same link answers past the host. */
	if (wire->network->kind == NETWORK_BRIDGE)
		near.bits =
		    six ? wire->network->ip6.bits : wire->network->ip4.bits;
	for (size_t i = 0; i < portmap->count; i++)
		add_forward(netlink, portmap, i, pod);
	add_return(netlink, portmap->table, six ? &loopback6 : &loopback4, pod);
	add_return(netlink, portmap->table, &near, pod);
}

static struct subnet
alone(const struct subnet *address)
{
	struct subnet pod = *address;

	pod.bits = (unsigned char)address_bits(pod.family);
	return pod;
}

static void
add_rules(struct netlink *netlink, const struct portmap *portmap,
    const struct wire *wire)
{
	const struct subnet pod4 = alone(&wire->pod4);
	const struct subnet pod6 = alone(&wire->pod6);

	for (size_t i = 0; i < portmap->count; i++)
		if (is_shifted(&portmap->list[i]))
			add_map(netlink, portmap, i);
	if (pod4.family != 0)
		add_family(netlink, portmap, wire, &pod4);
	if (portmap->ip6)
		add_family(netlink, portmap, wire, &pod6);
}

static size_t
room_for(const struct portmap *portmap)
{
	size_t room = BASE_ROOM;

	for (size_t i = 0; i < portmap->count; i++)
		room += MAPPING_ROOM +
			(is_shifted(&portmap->list[i])
				? ELEMENT_ROOM * portmap->list[i].count
				: 0);
	return room;
}

/* The host's own 127.0.0.1 may leave by the veth, and answers come back. */
static void
allow_loopback4(const char *interface)
{
	autofree char *path =
	    xasprintf("/proc/sys/net/ipv4/conf/%s/route_localnet", interface);
	autofd int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "1", 1) != 1)
		prog_die("%s", path);
}

/*
 * The same for ::1, for which the kernel asks the interface that a packet came
 * in by for a route.  It takes none from outside to ::1, whatever the routes;
 * and the host's own way, by lo, comes first.
 */
static void
allow_loopback6(uint32_t interface)
{
	struct netlink netlink;
	struct rtmsg *body;

	if (netlink_open(&netlink, NETLINK_ROUTE) < 0)
		prog_die("netlink");
	body = netlink_add(&netlink, RTM_NEWROUTE,
	    NLM_F_CREATE | NLM_F_APPEND | NLM_F_ACK, sizeof *body);
	body->rtm_family = AF_INET6;
	body->rtm_dst_len = 128;
	body->rtm_table = RT_TABLE_LOCAL;
	body->rtm_protocol = RTPROT_STATIC;
	body->rtm_type = RTN_LOCAL;
	netlink_put(
	    &netlink, RTA_DST, loopback6.address, sizeof loopback6.address);
	netlink_put_u32(&netlink, RTA_OIF, interface);
	netlink_put_u32(&netlink, RTA_PRIORITY, interface);
	if (netlink_send(&netlink, NULL) < 0)
		prog_die("the way back to ::1");
	netlink_close(&netlink);
}

/*
 * Where bridges ask nftables too (br_netfilter), what a pod sends to itself by
 * way of the host stays on the bridge, and would not be sent back where it came
 * from.
 */
static void
allow_hairpin(uint32_t interface)
{
	const uint8_t on = 1;
	struct netlink netlink;
	struct ifinfomsg *body;
	size_t port;

	if (netlink_open(&netlink, NETLINK_ROUTE) < 0)
		prog_die("netlink");
	body = netlink_add(&netlink, RTM_SETLINK, NLM_F_ACK, sizeof *body);
	body->ifi_family = AF_BRIDGE;
	body->ifi_index = (int)interface;
	port = netlink_nest(&netlink, IFLA_PROTINFO);
	netlink_put(&netlink, IFLA_BRPORT_MODE, &on, sizeof on);
	netlink_end(&netlink, port);
	if (netlink_send(&netlink, NULL) < 0)
		prog_die("the port of a bridge");
	netlink_close(&netlink);
}

void
portmap_make(struct portmap *portmap)
{
	const struct wire *wire = portmap->wire;
	struct netlink netlink;
	bool own;

	if (portmap->count == 0)
		return;
	if (wire->pod4.family == 0 && !portmap->ip6)
		prog_diex("ports: network \"%s\" gives the pod no address",
		    wire->network->name);
	own = wire->network->kind == NETWORK_PTP;
	if (netlink_open(&netlink, NETLINK_NETFILTER) < 0 ||
	    netlink_widen(&netlink, room_for(portmap)) < 0)
		prog_die("netlink");
	rule_batch_begin(&netlink);
	add_chains(&netlink, portmap->table);
	if (own)
		add_guard(&netlink, portmap->table, wire->index);
	add_rules(&netlink, portmap, wire);
	rule_batch_end(&netlink);
	if (netlink_commit(&netlink) < 0)
		prog_die("ports: rules");
	purse_put(&portmap->purse, &netlink.fd, 1);
	netlink_close(&netlink);
	(void)close(portmap->purse.in);
	if (own && wire->pod4.family != 0)
		allow_loopback4(wire->host_name);
	if (own && portmap->ip6)
		allow_loopback6(wire->index);
	if (wire->network->kind == NETWORK_BRIDGE)
		allow_hairpin(wire->index);
}
