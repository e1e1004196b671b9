/* SPDX-License-Identifier: Apache-2.0 */
/* masquerade - the rules of a network: its pods reach out, as themselves */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>

#include "alloc.h"
#include "dirs.h"
#include "masquerade.h"
#include "netlink.h"
#include "path.h"
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
	uint32_t hook, priority;
	void (*put)(struct netlink *netlink, const struct subnet *subnet);
};

/* nft(8) shows user data of this type as the rule's comment. */
enum { COMMENT = 0 };

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

/* A message to nf_tables, in the inet family unless it is a batch's frame. */
static void
add(struct netlink *netlink, int type, int flags)
{
	struct nfgenmsg *body =
	    netlink_add(netlink, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type),
		(uint16_t)flags, sizeof *body);

	body->nfgen_family = NFPROTO_INET;
	body->version = NFNETLINK_V0;
}

static void
frame(struct netlink *netlink, uint16_t type)
{
	struct nfgenmsg *body = netlink_add(netlink, type, 0, sizeof *body);

	body->nfgen_family = AF_UNSPEC;
	body->version = NFNETLINK_V0;
	body->res_id = htons(NFNL_SUBSYS_NFTABLES);
}

static void
put(struct netlink *netlink, uint16_t attribute, uint32_t value)
{
	netlink_put_u32(netlink, attribute, htonl(value));
}

/* An expression is begun: two levels to be ended in turn. */
struct expression {
	size_t element, data;
};

static struct expression
begin(struct netlink *netlink, const char *name)
{
	struct expression e;

	e.element = netlink_nest(netlink, NFTA_LIST_ELEM);
	netlink_put_text(netlink, NFTA_EXPR_NAME, name);
	e.data = netlink_nest(netlink, NFTA_EXPR_DATA);
	return e;
}

static void
end(struct netlink *netlink, struct expression e)
{
	netlink_end(netlink, e.data);
	netlink_end(netlink, e.element);
}

static void
put_data(struct netlink *netlink, uint16_t attribute, const void *value,
    size_t length)
{
	size_t nest = netlink_nest(netlink, attribute);

	netlink_put(netlink, NFTA_DATA_VALUE, value, length);
	netlink_end(netlink, nest);
}

/* Goes on with the rule only if register 1 compares to value. */
static void
compare(struct netlink *netlink, uint32_t operator, const void * value,
    size_t length)
{
	struct expression e = begin(netlink, "cmp");

	put(netlink, NFTA_CMP_SREG, NFT_REG_1);
	put(netlink, NFTA_CMP_OP, operator);
	put_data(netlink, NFTA_CMP_DATA, value, length);
	end(netlink, e);
}

static void
load_meta(struct netlink *netlink, uint32_t key)
{
	struct expression e = begin(netlink, "meta");

	put(netlink, NFTA_META_DREG, NFT_REG_1);
	put(netlink, NFTA_META_KEY, key);
	end(netlink, e);
}

static void
match_family(struct netlink *netlink, int family)
{
	const uint8_t protocol =
	    family == AF_INET6 ? NFPROTO_IPV6 : NFPROTO_IPV4;

	load_meta(netlink, NFT_META_NFPROTO);
	compare(netlink, NFT_CMP_EQ, &protocol, sizeof protocol);
}

/* An address of the header is in the subnet, or is not. */
static void
match_address(struct netlink *netlink, uint32_t offset, uint32_t operator,
    const struct subnet * subnet)
{
	static const unsigned char zero[sizeof subnet->address];
	const size_t size = address_size(subnet->family);
	unsigned char mask[sizeof subnet->address];
	struct expression e = begin(netlink, "payload");

	put(netlink, NFTA_PAYLOAD_DREG, NFT_REG_1);
	put(netlink, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER);
	put(netlink, NFTA_PAYLOAD_OFFSET, offset);
	put(netlink, NFTA_PAYLOAD_LEN, (uint32_t)size);
	end(netlink, e);
	subnet_mask(subnet, mask);
	e = begin(netlink, "bitwise");
	put(netlink, NFTA_BITWISE_SREG, NFT_REG_1);
	put(netlink, NFTA_BITWISE_DREG, NFT_REG_1);
	put(netlink, NFTA_BITWISE_LEN, (uint32_t)size);
	put_data(netlink, NFTA_BITWISE_MASK, mask, size);
	put_data(netlink, NFTA_BITWISE_XOR, zero, size);
	end(netlink, e);
	compare(netlink, operator, subnet->address, size);
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
	end(netlink, begin(netlink, "masq"));
}

/* What asks for neighbours has an address of the link, or none, and stays. */
static void
put_guard(struct netlink *netlink, const struct subnet *subnet)
{
	static const struct subnet link = {
		.family = AF_INET6, .bits = 10, .address = { 0xfe, 0x80 }
	};
	const uint32_t no_route = 0;
	struct expression e;
	size_t data, verdict;

	load_meta(netlink, NFT_META_IIFNAME);
	compare(netlink, NFT_CMP_EQ, HOST_END, strlen(HOST_END));
	match_family(netlink, subnet->family);
	match_address(netlink, SOURCE6, NFT_CMP_NEQ, &link);
	e = begin(netlink, "fib");
	put(netlink, NFTA_FIB_DREG, NFT_REG_1);
	put(netlink, NFTA_FIB_RESULT, NFT_FIB_RESULT_OIF);
	put(netlink, NFTA_FIB_FLAGS, NFTA_FIB_F_SADDR | NFTA_FIB_F_IIF);
	end(netlink, e);
	compare(netlink, NFT_CMP_EQ, &no_route, sizeof no_route);
	e = begin(netlink, "immediate");
	put(netlink, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = netlink_nest(netlink, NFTA_IMMEDIATE_DATA);
	verdict = netlink_nest(netlink, NFTA_DATA_VERDICT);
	put(netlink, NFTA_VERDICT_CODE, NF_DROP);
	netlink_end(netlink, verdict);
	netlink_end(netlink, data);
	end(netlink, e);
}

static const struct kind masquerade = { "postrouting", "nat",
	NF_INET_POST_ROUTING, 100 /* "srcnat" */, put_masquerade };
static const struct kind guard = { "prerouting", "filter", NF_INET_PRE_ROUTING,
	(uint32_t)-300 /* "raw" */, put_guard };

static void
add_table(struct netlink *netlink, const char *table, const struct kind *kind)
{
	size_t hook;

	add(netlink, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_ACK);
	netlink_put_text(netlink, NFTA_TABLE_NAME, table);
	add(netlink, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_ACK);
	netlink_put_text(netlink, NFTA_CHAIN_TABLE, table);
	netlink_put_text(netlink, NFTA_CHAIN_NAME, kind->chain);
	hook = netlink_nest(netlink, NFTA_CHAIN_HOOK);
	put(netlink, NFTA_HOOK_HOOKNUM, kind->hook);
	put(netlink, NFTA_HOOK_PRIORITY, kind->priority);
	netlink_end(netlink, hook);
	netlink_put_text(netlink, NFTA_CHAIN_TYPE, kind->type);
}

static void
add_rule(struct netlink *netlink, const char *table, const struct kind *kind,
    const struct subnet *subnet)
{
	char comment[2 + SUBNET_TEXT] = { COMMENT };
	size_t list;

	subnet_format(subnet, comment + 2);
	comment[1] = (char)(strlen(comment + 2) + 1);
	add(netlink, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND | NLM_F_ACK);
	netlink_put_text(netlink, NFTA_RULE_TABLE, table);
	netlink_put_text(netlink, NFTA_RULE_CHAIN, kind->chain);
	list = netlink_nest(netlink, NFTA_RULE_EXPRESSIONS);
	kind->put(netlink, subnet);
	netlink_end(netlink, list);
	netlink_put(
	    netlink, NFTA_RULE_USERDATA, comment, 2 + (size_t)comment[1]);
}

/* The subnet in a rule's comment; -1 if it has no such comment. */
static int
rule_subnet(const struct nlmsghdr *rule, struct subnet *subnet)
{
	size_t length;
	const char *data = netlink_find(
	    rule, sizeof(struct nfgenmsg), NFTA_RULE_USERDATA, &length);

	if (data == NULL || length < 3 || data[0] != COMMENT ||
	    (size_t)data[1] != length - 2 || data[length - 1] != '\0')
		return -1;
	return subnet_parse(data + 2, subnet);
}

/* Asks for all rules of a chain; NULL: of the table. */
static int
each_rule(struct netlink *netlink, const char *table, const char *chain,
    int (*visit)(const struct nlmsghdr *, void *), void *data)
{
	int result = -1;

	errno = EINTR;
	for (int i = 0; i < TRIES && result < 0 && errno == EINTR; i++) {
		add(netlink, NFT_MSG_GETRULE, NLM_F_DUMP);
		netlink_put_text(netlink, NFTA_RULE_TABLE, table);
		if (chain != NULL)
			netlink_put_text(netlink, NFTA_RULE_CHAIN, chain);
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
		frame(&netlink, NFNL_MSG_BATCH_BEGIN);
		add_table(&netlink, table, kind);
		add_rule(&netlink, table, kind, subnet);
		frame(&netlink, NFNL_MSG_BATCH_END);
		result = netlink_send(&netlink, NULL);
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
	size_t length;
	const char *name = netlink_find(
	    table, sizeof(struct nfgenmsg), NFTA_TABLE_NAME, &length);

	if (name == NULL || length <= strlen(TABLE) ||
	    name[length - 1] != '\0' ||
	    strncmp(name, TABLE, strlen(TABLE)) != 0)
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
	frame(netlink, NFNL_MSG_BATCH_BEGIN);
	add(netlink, NFT_MSG_DELTABLE, NLM_F_ACK);
	netlink_put_text(netlink, NFTA_TABLE_NAME, table);
	frame(netlink, NFNL_MSG_BATCH_END);
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
	add(&netlink, NFT_MSG_GETTABLE, NLM_F_DUMP);
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
