/* SPDX-License-Identifier: Apache-2.0 */
/* masquerade - the rules of a network: its pods reach out, as themselves */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/rtnetlink.h>

#include "alloc.h"
#include "dirs.h"
#include "masquerade.h"
#include "netlink.h"
#include "path.h"
#include "rule.h"
#include "scope.h"
#include "subnet.h"

#define TABLE "rkt-net-"

/* The host's end of a pod has a name that begins so. */
#define HOST_END "rkt-"

/* Where the addresses are in the header. */
enum { SOURCE4 = 12, DESTINATION4 = 16, SOURCE6 = 8, DESTINATION6 = 24 };

/* The kinds of rule, each in a chain of its own. */
struct kind {
	const char *chain;
	const char *type;
	uint32_t hook;
	int priority;
	void (*put)(struct netlink *netlink, const struct subnet *subnet);
};

/* What changes while it is read is read again, so many times. */
enum { TRIES = 16 };

int
masquerade_lock(const char *network)
{
	struct flock whole = { .l_type = F_WRLCK };
	autofree char *name = xasprintf("%s.lock", network);
	autofd int dir = dirs_open_run("net");
	autofd int fd = -1;
	int result;

	if (!path_is_name(name)) {
		errno = EINVAL;
		return -1;
	}
	if (dir < 0)
		return -1;
	fd = openat(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	do
		result = fcntl(fd, F_OFD_SETLKW, &whole);
	while (result < 0 && errno == EINTR);
	return result < 0 ? -1 : take_fd(&fd);
}

static void
match_family(struct netlink *netlink, int family)
{
	const uint8_t protocol =
	    family == AF_INET6 ? NFPROTO_IPV6 : NFPROTO_IPV4;

	rule_load_meta(netlink, NFT_META_NFPROTO);
	rule_compare(netlink, NFT_CMP_EQ, &protocol, sizeof protocol);
}

/* An address of the header is in the subnet, or is not. */
static void
match_address(struct netlink *netlink, uint32_t offset, uint32_t operator,
    const struct subnet * subnet)
{
	const size_t size = address_size(subnet->family);
	unsigned char mask[sizeof subnet->address];

	rule_load_bytes(
	    netlink, NFT_PAYLOAD_NETWORK_HEADER, offset, (uint32_t)size);
	subnet_mask(subnet, mask);
	rule_mask(netlink, mask, size);
	rule_compare(netlink, operator, subnet->address, size);
}

/* From the subnet, to anywhere else, becomes the host's. */
static void
put_masquerade(struct netlink *netlink, const struct subnet *subnet)
{
	bool six = subnet->family == AF_INET6;

	match_family(netlink, subnet->family);
	match_address(netlink, six ? SOURCE6 : SOURCE4, NFT_CMP_EQ, subnet);
	match_address(
	    netlink, six ? DESTINATION6 : DESTINATION4, NFT_CMP_NEQ, subnet);
	rule_masquerade(netlink);
}

/* What asks for neighbours has an address of the link, or none, and stays. */
static void
put_guard(struct netlink *netlink, const struct subnet *subnet)
{
	static const struct subnet link = {
		.family = AF_INET6, .bits = 10, .address = { 0xfe, 0x80 }
	};
	const uint32_t no_route = 0;

	rule_load_meta(netlink, NFT_META_IIFNAME);
	rule_compare(netlink, NFT_CMP_EQ, HOST_END, strlen(HOST_END));
	match_family(netlink, subnet->family);
	match_address(netlink, SOURCE6, NFT_CMP_NEQ, &link);
	rule_load_way_back(netlink);
	rule_compare(netlink, NFT_CMP_EQ, &no_route, sizeof no_route);
	rule_verdict(netlink, NF_DROP, NULL);
}

static const struct kind masquerade = { "postrouting", "nat",
	NF_INET_POST_ROUTING, 100 /* "srcnat" */, put_masquerade };
static const struct kind guard = { "prerouting", "filter", NF_INET_PRE_ROUTING,
	-300 /* "raw" */, put_guard };

static void
add_rule(struct netlink *netlink, const char *table, const struct kind *kind,
    const struct subnet *subnet)
{
	char comment[SUBNET_TEXT];
	size_t rule;

	subnet_format(subnet, comment);
	rule_table(netlink, table);
	rule_chain(netlink, table, kind->chain, kind->type, kind->hook,
	    kind->priority);
	rule = rule_begin(netlink, table, kind->chain);
	kind->put(netlink, subnet);
	rule_end(netlink, rule, comment);
}

/* The subnet in a rule's comment; -1 if it has no such comment. */
static int
rule_subnet(const struct nlmsghdr *rule, struct subnet *subnet)
{
	const char *comment = rule_comment(rule);

	return comment == NULL ? -1 : subnet_parse(comment, subnet);
}

/* Asks for all rules of a chain; NULL: of the table. */
static int
each_rule(struct netlink *netlink, const char *table, const char *chain,
    int (*visit)(const struct nlmsghdr *, void *), void *data)
{
	int result = -1;

	errno = EINTR;
	for (int i = 0; i < TRIES && result < 0 && errno == EINTR; i++) {
		rule_ask(netlink, table, chain);
		result = netlink_ask(netlink, visit, data);
	}
	return result < 0 && errno == ENOENT ? 0 : result;
}

static int
is_rule_of(const struct nlmsghdr *rule, void *data)
{
	const struct subnet *wanted = data;
	struct subnet subnet;

	return rule_subnet(rule, &subnet) == 0 && subnet.bits == wanted->bits &&
	       subnet_holds(wanted, &subnet);
}

static int
keep(const char *network, const struct subnet *subnet, const struct kind *kind)
{
	autofree char *table = xasprintf(TABLE "%s", network);
	struct subnet wanted = *subnet;
	struct netlink netlink;
	int result;

	if (netlink_open(&netlink, NETLINK_NETFILTER) < 0)
		return -1;
	result = each_rule(&netlink, table, kind->chain, is_rule_of, &wanted);
	if (result == 0) {
		rule_batch_begin(&netlink);
		add_rule(&netlink, table, kind, subnet);
		rule_batch_end(&netlink);
		result = netlink_commit(&netlink);
	}
	netlink_close(&netlink);
	return result < 0 ? -1 : 0;
}

int
masquerade_keep(const char *network, const struct subnet *subnet)
{
	return keep(network, subnet, &masquerade);
}

int
masquerade_guard(const char *network, const struct subnet *subnet)
{
	return keep(network, subnet, &guard);
}

/* Is this route to the subnet, or to an address in it? */
static int
is_lease_in(const struct nlmsghdr *route, void *data)
{
	const struct subnet *subnet = data;
	const struct rtmsg *body =
	    (const void *)((const char *)route + NLMSG_HDRLEN);
	struct subnet found = { .family = body->rtm_family,
		.bits = body->rtm_dst_len };
	size_t length;
	const void *to = netlink_find(route, sizeof *body, RTA_DST, &length);

	if (to == NULL || length != address_size(found.family) ||
	    body->rtm_table != RT_TABLE_MAIN)
		return 0;
	memcpy(found.address, to, length);
	return subnet_holds(subnet, &found);
}

/* Stops at the first lease: 1; the rules' network has none: 0. */
static int
has_lease(const struct nlmsghdr *rule, void *data)
{
	struct netlink netlink;
	struct subnet subnet;
	int result = -1;

	(void)data;
	if (rule_subnet(rule, &subnet) < 0)
		return 0;
	if (netlink_open(&netlink, NETLINK_ROUTE) < 0)
		return -1;
	errno = EINTR;
	for (int i = 0; i < TRIES && result < 0 && errno == EINTR; i++) {
		struct rtmsg *body = netlink_add(
		    &netlink, RTM_GETROUTE, NLM_F_DUMP, sizeof *body);

		body->rtm_family = subnet.family;
		result = netlink_ask(&netlink, is_lease_in, &subnet);
	}
	netlink_close(&netlink);
	return result;
}

/* The names of our tables, copied. */
struct names {
	char **list;
	size_t count;
};

static int
note_table(const struct nlmsghdr *table, void *data)
{
	struct names *names = data;
	const char *name = rule_table_name(table);

	if (name == NULL || strncmp(name, TABLE, strlen(TABLE)) != 0 ||
	    name[strlen(TABLE)] == '\0')
		return 0;
	names->list =
	    xreallocarray(names->list, names->count + 1, sizeof *names->list);
	names->list[names->count++] = xstrdup(name);
	return 0;
}

static int
drop(struct netlink *netlink, const char *table)
{
	autofd int lock = masquerade_lock(table + strlen(TABLE));
	int used;

	if (lock < 0)
		return -1;
	used = each_rule(netlink, table, NULL, has_lease, NULL);
	if (used != 0)
		return used;
	rule_batch_begin(netlink);
	rule_drop_table(netlink, table);
	rule_batch_end(netlink);
	return netlink_send(netlink, NULL);
}

int
masquerade_drop_unused(void)
{
	struct names names = { NULL, 0 };
	struct netlink netlink;
	int result = 0;

	if (netlink_open(&netlink, NETLINK_NETFILTER) < 0)
		return -1;
	rule_ask_tables(&netlink);
	if (netlink_ask(&netlink, note_table, &names) < 0)
		result = errno == EINTR ? 0 : -1;
	for (size_t i = 0; i < names.count; i++) {
		if (drop(&netlink, names.list[i]) < 0)
			result = -1;
		free(names.list[i]);
	}
	free(names.list);
	netlink_close(&netlink);
	return result;
}
