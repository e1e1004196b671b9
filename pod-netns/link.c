/* SPDX-License-Identifier: Apache-2.0 */
/* link - interfaces, addresses and routes as messages to the kernel */

#include <net/if.h>

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>

#include "link.h"

/* Of an IPv6 link; the header that has it does not go with <net/if.h>. */
enum { MAKE_NO_ADDRESS = 1 };

static void
put_subnet(
    struct netlink *netlink, uint16_t attribute, const struct subnet *subnet)
{
	netlink_put(
	    netlink, attribute, subnet->address, address_size(subnet->family));
}

void
link_add_veth(struct netlink *netlink, const struct link_end *host,
    const struct link_end *pod, int netns, unsigned mtu)
{
	struct ifinfomsg *body = netlink_add(netlink, RTM_NEWLINK,
	    NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, sizeof *body);
	size_t info, data, peer;

	body->ifi_index = (int)host->index;
	netlink_put_text(netlink, IFLA_IFNAME, host->name);
	if (mtu != 0)
		netlink_put_u32(netlink, IFLA_MTU, mtu);
	info = netlink_nest(netlink, IFLA_LINKINFO);
	netlink_put_text(netlink, IFLA_INFO_KIND, "veth");
	data = netlink_nest(netlink, IFLA_INFO_DATA);
	peer = netlink_nest(netlink, VETH_INFO_PEER);
	body = netlink_body(netlink, sizeof *body);
	body->ifi_index = (int)pod->index;
	netlink_put_text(netlink, IFLA_IFNAME, pod->name);
	netlink_put_u32(netlink, IFLA_NET_NS_FD, (uint32_t)netns);
	if (mtu != 0)
		netlink_put_u32(netlink, IFLA_MTU, mtu);
	netlink_end(netlink, peer);
	netlink_end(netlink, data);
	netlink_end(netlink, info);
}

void
link_add_bridge(
    struct netlink *netlink, const char *name, uint32_t group, unsigned mtu)
{
	size_t info;

	(void)netlink_add(netlink, RTM_NEWLINK,
	    NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, sizeof(struct ifinfomsg));
	netlink_put_text(netlink, IFLA_IFNAME, name);
	netlink_put_u32(netlink, IFLA_GROUP, group);
	if (mtu != 0)
		netlink_put_u32(netlink, IFLA_MTU, mtu);
	info = netlink_nest(netlink, IFLA_LINKINFO);
	netlink_put_text(netlink, IFLA_INFO_KIND, "bridge");
	netlink_end(netlink, info);
}

void
link_up(struct netlink *netlink, uint32_t index)
{
	struct ifinfomsg *body =
	    netlink_add(netlink, RTM_NEWLINK, NLM_F_ACK, sizeof *body);

	body->ifi_index = (int)index;
	body->ifi_flags = IFF_UP;
	body->ifi_change = IFF_UP;
}

void
link_no_own_address(struct netlink *netlink, uint32_t index)
{
	struct ifinfomsg *body =
	    netlink_add(netlink, RTM_NEWLINK, NLM_F_ACK, sizeof *body);
	const unsigned char mode = MAKE_NO_ADDRESS;
	size_t spec, family;

	body->ifi_index = (int)index;
	spec = netlink_nest(netlink, IFLA_AF_SPEC);
	family = netlink_nest(netlink, AF_INET6);
	netlink_put(netlink, IFLA_INET6_ADDR_GEN_MODE, &mode, sizeof mode);
	netlink_end(netlink, family);
	netlink_end(netlink, spec);
}

/*
 * What comes from the pod is forwarded, if it has the pod's address (strict
 * rp_filter: the one route to that address is the lease); what the pod says
 * about routes is not listened to.
 */
void
link_put_ipv4_conf(struct netlink *netlink)
{
	size_t spec = netlink_nest(netlink, IFLA_AF_SPEC);
	size_t family = netlink_nest(netlink, AF_INET);
	size_t conf = netlink_nest(netlink, IFLA_INET_CONF);

	netlink_put_u32(netlink, IPV4_DEVCONF_FORWARDING, 1);
	netlink_put_u32(netlink, IPV4_DEVCONF_RP_FILTER, 1);
	netlink_put_u32(netlink, IPV4_DEVCONF_ACCEPT_REDIRECTS, 0);
	netlink_put_u32(netlink, IPV4_DEVCONF_SEND_REDIRECTS, 0);
	netlink_put_u32(netlink, IPV4_DEVCONF_ACCEPT_SOURCE_ROUTE, 0);
	netlink_end(netlink, conf);
	netlink_end(netlink, family);
	netlink_end(netlink, spec);
}

void
link_add_address(
    struct netlink *netlink, uint32_t index, const struct subnet *address)
{
	struct ifaddrmsg *body = netlink_add(netlink, RTM_NEWADDR,
	    NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, sizeof *body);

	body->ifa_family = address->family;
	body->ifa_prefixlen = address->bits;
	body->ifa_index = index;
	/* Nobody else has it: that need not be asked for a second first. */
	if (address->family == AF_INET6)
		body->ifa_flags = IFA_F_NODAD;
	put_subnet(netlink, IFA_LOCAL, address);
	put_subnet(netlink, IFA_ADDRESS, address);
}

static void
route(struct netlink *netlink, uint16_t type, uint16_t flags, uint32_t index,
    const struct subnet *to, const struct subnet *gateway)
{
	struct rtmsg *body =
	    netlink_add(netlink, type, flags | NLM_F_ACK, sizeof *body);

	body->rtm_family = to->family;
	body->rtm_dst_len = to->bits;
	body->rtm_table = RT_TABLE_MAIN;
	body->rtm_protocol = RTPROT_STATIC;
	body->rtm_scope = gateway == NULL ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
	body->rtm_type = RTN_UNICAST;
	if (to->bits > 0)
		put_subnet(netlink, RTA_DST, to);
	if (gateway != NULL)
		put_subnet(netlink, RTA_GATEWAY, gateway);
	netlink_put_u32(netlink, RTA_OIF, index);
}

void
link_add_route(struct netlink *netlink, uint32_t index, const struct subnet *to,
    const struct subnet *gateway)
{
	route(netlink, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, index, to,
	    gateway);
}

void
link_delete_route(
    struct netlink *netlink, uint32_t index, const struct subnet *to)
{
	route(netlink, RTM_DELROUTE, 0, index, to, NULL);
}
