/* SPDX-License-Identifier: Apache-2.0 */
/* masquerade - the one rule of a network that lets its pods reach out */

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
#include "num.h"
#include "path.h"
#include "scope.h"

#define TABLE "rkt-net-"
#define CHAIN "postrouting"

/* Of the IPv4 header. */
enum { SOURCE = 12, DESTINATION = 16 };

/* nft(8) shows user data of this type as the rule's comment. */
enum { COMMENT = 0 };

/* What changes while it is read is read again, so many times. */
enum { TRIES = 16 };

int
subnet_parse(const char *text, struct subnet *subnet)
{
	char copy[SUBNET_TEXT];
	struct in_addr address;
	uint64_t bits;
	char *slash;

	errno = EINVAL;
	if (strlen(text) >= sizeof copy)
		return -1;
	(void)strcpy(copy, text);
	slash = strchr(copy, '/');
	if (slash == NULL)
		return -1;
	*slash = '\0';
	if (inet_pton(AF_INET, copy, &address) != 1 ||
	    num_parse(slash + 1, 0, 32, &bits) < 0 ||
	    (ntohl(address.s_addr) & (UINT64_C(0xffffffff) >> bits)) != 0) {
		errno = EINVAL;
		return -1;
	}
	subnet->address = ntohl(address.s_addr);
	subnet->bits = (unsigned)bits;
	return 0;
}

const char *
address_text(uint32_t address)
{
	static char text[INET_ADDRSTRLEN];
	struct in_addr in = { htonl(address) };

	return inet_ntop(AF_INET, &in, text, sizeof text);
}

void
subnet_format(const struct subnet *subnet, char text[SUBNET_TEXT])
{
	(void)snprintf(text, SUBNET_TEXT, "%s/%u",
	    address_text(subnet->address), subnet->bits & 63);
}

static uint32_t
mask_of(const struct subnet *subnet)
{
	return (uint32_t) ~(UINT64_C(0xffffffff) >> subnet->bits);
}

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
match_ipv4(struct netlink *netlink)
{
	const uint8_t protocol = NFPROTO_IPV4;
	struct expression e = begin(netlink, "meta");

	put(netlink, NFTA_META_DREG, NFT_REG_1);
	put(netlink, NFTA_META_KEY, NFT_META_NFPROTO);
	end(netlink, e);
	compare(netlink, NFT_CMP_EQ, &protocol, sizeof protocol);
}

/* An address of the header is in the subnet, or is not. */
static void
match_address(struct netlink *netlink, uint32_t offset, uint32_t operator,
    const struct subnet * subnet)
{
	const uint32_t address = htonl(subnet->address);
	const uint32_t mask = htonl(mask_of(subnet));
	const uint32_t zero = 0;
	struct expression e = begin(netlink, "payload");

	put(netlink, NFTA_PAYLOAD_DREG, NFT_REG_1);
	put(netlink, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER);
	put(netlink, NFTA_PAYLOAD_OFFSET, offset);
	put(netlink, NFTA_PAYLOAD_LEN, sizeof address);
	end(netlink, e);
	e = begin(netlink, "bitwise");
	put(netlink, NFTA_BITWISE_SREG, NFT_REG_1);
	put(netlink, NFTA_BITWISE_DREG, NFT_REG_1);
	put(netlink, NFTA_BITWISE_LEN, sizeof mask);
	put_data(netlink, NFTA_BITWISE_MASK, &mask, sizeof mask);
	put_data(netlink, NFTA_BITWISE_XOR, &zero, sizeof zero);
	end(netlink, e);
	compare(netlink, operator, & address, sizeof address);
}

static void
add_table(struct netlink *netlink, const char *table)
{
	size_t hook;

	add(netlink, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_ACK);
	netlink_put_text(netlink, NFTA_TABLE_NAME, table);
	add(netlink, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_ACK);
	netlink_put_text(netlink, NFTA_CHAIN_TABLE, table);
	netlink_put_text(netlink, NFTA_CHAIN_NAME, CHAIN);
	hook = netlink_nest(netlink, NFTA_CHAIN_HOOK);
	put(netlink, NFTA_HOOK_HOOKNUM, NF_INET_POST_ROUTING);
	put(netlink, NFTA_HOOK_PRIORITY, 100); /* "srcnat" */
	netlink_end(netlink, hook);
	netlink_put_text(netlink, NFTA_CHAIN_TYPE, "nat");
}

/* Add: from the subnet, to anywhere else, becomes the host's. */
static void
add_rule(
    struct netlink *netlink, const char *table, const struct subnet *subnet)
{
	char comment[2 + SUBNET_TEXT] = { COMMENT };
	size_t list;

	subnet_format(subnet, comment + 2);
	comment[1] = (char)(strlen(comment + 2) + 1);
	add(netlink, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND | NLM_F_ACK);
	netlink_put_text(netlink, NFTA_RULE_TABLE, table);
	netlink_put_text(netlink, NFTA_RULE_CHAIN, CHAIN);
	list = netlink_nest(netlink, NFTA_RULE_EXPRESSIONS);
	match_ipv4(netlink);
	match_address(netlink, SOURCE, NFT_CMP_EQ, subnet);
	match_address(netlink, DESTINATION, NFT_CMP_NEQ, subnet);
	end(netlink, begin(netlink, "masq"));
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

/* The question for all rules of a table (and the type says which answer). */
static int
each_rule(struct netlink *netlink, const char *table,
    int (*visit)(const struct nlmsghdr *, void *), void *data)
{
	int result = -1;

	errno = EINTR;
	for (int i = 0; i < TRIES && result < 0 && errno == EINTR; i++) {
		add(netlink, NFT_MSG_GETRULE, NLM_F_DUMP);
		netlink_put_text(netlink, NFTA_RULE_TABLE, table);
		netlink_put_text(netlink, NFTA_RULE_CHAIN, CHAIN);
		result = netlink_ask(netlink, visit, data);
	}
	return result < 0 && errno == ENOENT ? 0 : result;
}

static int
is_rule_of(const struct nlmsghdr *rule, void *data)
{
	const struct subnet *wanted = data;
	struct subnet subnet;

	return rule_subnet(rule, &subnet) == 0 &&
	       subnet.address == wanted->address && subnet.bits == wanted->bits;
}

int
masquerade_keep(const char *network, const struct subnet *subnet)
{
	autofree char *table = xasprintf(TABLE "%s", network);
	struct subnet wanted = *subnet;
	struct netlink netlink;
	int result;

	if (netlink_open(&netlink, NETLINK_NETFILTER) < 0)
		return -1;
	result = each_rule(&netlink, table, is_rule_of, &wanted);
	if (result == 0) {
		frame(&netlink, NFNL_MSG_BATCH_BEGIN);
		add_table(&netlink, table);
		add_rule(&netlink, table, subnet);
		frame(&netlink, NFNL_MSG_BATCH_END);
		result = netlink_send(&netlink, NULL);
	}
	netlink_close(&netlink);
	return result < 0 ? -1 : 0;
}

/* Is this route to one address of the subnet? */
static int
is_lease_in(const struct nlmsghdr *route, void *data)
{
	const struct subnet *subnet = data;
	const struct rtmsg *body =
	    (const void *)((const char *)route + NLMSG_HDRLEN);
	uint32_t address;
	size_t length;
	const void *to = netlink_find(route, sizeof *body, RTA_DST, &length);

	if (to == NULL || length != sizeof address ||
	    body->rtm_table != RT_TABLE_MAIN || body->rtm_dst_len != 32)
		return 0;
	memcpy(&address, to, sizeof address);
	return (ntohl(address) & mask_of(subnet)) == subnet->address;
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

		body->rtm_family = AF_INET;
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
	used = each_rule(netlink, table, has_lease, NULL);
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
