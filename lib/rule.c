/* SPDX-License-Identifier: Apache-2.0 */
/* rule - rules of nftables as messages to the kernel */

#include <arpa/inet.h>
#include <string.h>

#include <linux/netfilter/nfnetlink.h>

#include "rule.h"

/* nft(8) shows user data of this type as the rule's comment. */
enum { COMMENT = 0, COMMENT_MAX = 128 };

/* How nft(8) calls the type of a port. */
enum { TYPE_PORT = 13 };

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

void
rule_batch_begin(struct netlink *netlink)
{
	frame(netlink, NFNL_MSG_BATCH_BEGIN);
}

void
rule_batch_end(struct netlink *netlink)
{
	frame(netlink, NFNL_MSG_BATCH_END);
}

static void
put(struct netlink *netlink, uint16_t attribute, uint32_t value)
{
	netlink_put_u32(netlink, attribute, htonl(value));
}

static void
put_data(struct netlink *netlink, uint16_t attribute, const void *value,
    size_t length)
{
	size_t nest = netlink_nest(netlink, attribute);

	netlink_put(netlink, NFTA_DATA_VALUE, value, length);
	netlink_end(netlink, nest);
}

void
rule_table(struct netlink *netlink, const char *table)
{
	add(netlink, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_ACK);
	netlink_put_text(netlink, NFTA_TABLE_NAME, table);
}

void
rule_drop_table(struct netlink *netlink, const char *table)
{
	add(netlink, NFT_MSG_DELTABLE, NLM_F_ACK);
	netlink_put_text(netlink, NFTA_TABLE_NAME, table);
}

void
rule_own_table(struct netlink *netlink, const char *table)
{
	add(netlink, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK);
	netlink_put_text(netlink, NFTA_TABLE_NAME, table);
	put(netlink, NFTA_TABLE_FLAGS, NFT_TABLE_F_OWNER);
}

void
rule_chain(struct netlink *netlink, const char *table, const char *chain,
    const char *type, uint32_t hook, int priority)
{
	size_t nest;

	add(netlink, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	netlink_put_text(netlink, NFTA_CHAIN_TABLE, table);
	netlink_put_text(netlink, NFTA_CHAIN_NAME, chain);
	if (type == NULL)
		return;
	nest = netlink_nest(netlink, NFTA_CHAIN_HOOK);
	put(netlink, NFTA_HOOK_HOOKNUM, hook);
	put(netlink, NFTA_HOOK_PRIORITY, (uint32_t)priority);
	netlink_end(netlink, nest);
	netlink_put_text(netlink, NFTA_CHAIN_TYPE, type);
}

void
rule_map(struct netlink *netlink, const char *table, const char *map)
{
	add(netlink, NFT_MSG_NEWSET, NLM_F_CREATE);
	netlink_put_text(netlink, NFTA_SET_TABLE, table);
	netlink_put_text(netlink, NFTA_SET_NAME, map);
	put(netlink, NFTA_SET_ID, 1);
	put(netlink, NFTA_SET_FLAGS, NFT_SET_MAP);
	put(netlink, NFTA_SET_KEY_TYPE, TYPE_PORT);
	put(netlink, NFTA_SET_KEY_LEN, sizeof(uint16_t));
	put(netlink, NFTA_SET_DATA_TYPE, TYPE_PORT);
	put(netlink, NFTA_SET_DATA_LEN, sizeof(uint16_t));
}

size_t
rule_elements_begin(struct netlink *netlink, const char *table, const char *map)
{
	add(netlink, NFT_MSG_NEWSETELEM, NLM_F_CREATE);
	netlink_put_text(netlink, NFTA_SET_ELEM_LIST_TABLE, table);
	netlink_put_text(netlink, NFTA_SET_ELEM_LIST_SET, map);
	return netlink_nest(netlink, NFTA_SET_ELEM_LIST_ELEMENTS);
}

void
rule_element(struct netlink *netlink, uint16_t from, uint16_t to)
{
	const uint16_t key = htons(from), value = htons(to);
	size_t element = netlink_nest(netlink, NFTA_LIST_ELEM);

	put_data(netlink, NFTA_SET_ELEM_KEY, &key, sizeof key);
	put_data(netlink, NFTA_SET_ELEM_DATA, &value, sizeof value);
	netlink_end(netlink, element);
}

size_t
rule_begin(struct netlink *netlink, const char *table, const char *chain)
{
	add(netlink, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	netlink_put_text(netlink, NFTA_RULE_TABLE, table);
	netlink_put_text(netlink, NFTA_RULE_CHAIN, chain);
	return netlink_nest(netlink, NFTA_RULE_EXPRESSIONS);
}

void
rule_end(struct netlink *netlink, size_t rule, const char *comment)
{
	char data[2 + COMMENT_MAX] = { COMMENT };
	size_t length = comment == NULL ? 0 : strlen(comment) + 1;

	netlink_end(netlink, rule);
	if (length == 0 || length > COMMENT_MAX)
		return;
	data[1] = (char)length;
	memcpy(data + 2, comment, length);
	netlink_put(netlink, NFTA_RULE_USERDATA, data, 2 + length);
}

void
rule_ask_tables(struct netlink *netlink)
{
	add(netlink, NFT_MSG_GETTABLE, NLM_F_DUMP);
}

void
rule_ask(struct netlink *netlink, const char *table, const char *chain)
{
	add(netlink, NFT_MSG_GETRULE, NLM_F_DUMP);
	netlink_put_text(netlink, NFTA_RULE_TABLE, table);
	if (chain != NULL)
		netlink_put_text(netlink, NFTA_RULE_CHAIN, chain);
}

const char *
rule_table_name(const struct nlmsghdr *table)
{
	size_t length;
	const char *name = netlink_find(
	    table, sizeof(struct nfgenmsg), NFTA_TABLE_NAME, &length);

	return name == NULL || length == 0 || name[length - 1] != '\0' ? NULL
								       : name;
}

const char *
rule_comment(const struct nlmsghdr *rule)
{
	size_t length;
	const char *data = netlink_find(
	    rule, sizeof(struct nfgenmsg), NFTA_RULE_USERDATA, &length);

	if (data == NULL || length < 3 || data[0] != COMMENT ||
	    (size_t)data[1] != length - 2 || data[length - 1] != '\0')
		return NULL;
	return data + 2;
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

void
rule_load_meta(struct netlink *netlink, uint32_t key)
{
	struct expression e = begin(netlink, "meta");

	put(netlink, NFTA_META_DREG, NFT_REG_1);
	put(netlink, NFTA_META_KEY, key);
	end(netlink, e);
}

void
rule_load_ct(struct netlink *netlink, uint32_t key)
{
	struct expression e = begin(netlink, "ct");

	put(netlink, NFTA_CT_DREG, NFT_REG_1);
	put(netlink, NFTA_CT_KEY, key);
	end(netlink, e);
}

static void
load_route(struct netlink *netlink, uint32_t result, uint32_t flags)
{
	struct expression e = begin(netlink, "fib");

	put(netlink, NFTA_FIB_DREG, NFT_REG_1);
	put(netlink, NFTA_FIB_RESULT, result);
	put(netlink, NFTA_FIB_FLAGS, flags);
	end(netlink, e);
}

void
rule_load_target(struct netlink *netlink)
{
	load_route(netlink, NFT_FIB_RESULT_ADDRTYPE, NFTA_FIB_F_DADDR);
}

void
rule_load_way_back(struct netlink *netlink)
{
	load_route(
	    netlink, NFT_FIB_RESULT_OIF, NFTA_FIB_F_SADDR | NFTA_FIB_F_IIF);
}

void
rule_load_bytes(
    struct netlink *netlink, uint32_t header, uint32_t offset, uint32_t length)
{
	struct expression e = begin(netlink, "payload");

	put(netlink, NFTA_PAYLOAD_DREG, NFT_REG_1);
	put(netlink, NFTA_PAYLOAD_BASE, header);
	put(netlink, NFTA_PAYLOAD_OFFSET, offset);
	put(netlink, NFTA_PAYLOAD_LEN, length);
	end(netlink, e);
}

void
rule_mask(struct netlink *netlink, const void *mask, size_t length)
{
	static const char zero[16];
	struct expression e = begin(netlink, "bitwise");

	put(netlink, NFTA_BITWISE_SREG, NFT_REG_1);
	put(netlink, NFTA_BITWISE_DREG, NFT_REG_1);
	put(netlink, NFTA_BITWISE_LEN, (uint32_t)length);
	put_data(netlink, NFTA_BITWISE_MASK, mask, length);
	put_data(netlink, NFTA_BITWISE_XOR, zero, length);
	end(netlink, e);
}

void
rule_compare(struct netlink *netlink, uint32_t operator, const void * value,
    size_t length)
{
	struct expression e = begin(netlink, "cmp");

	put(netlink, NFTA_CMP_SREG, NFT_REG_1);
	put(netlink, NFTA_CMP_OP, operator);
	put_data(netlink, NFTA_CMP_DATA, value, length);
	end(netlink, e);
}

void
rule_between(
    struct netlink *netlink, const void *from, const void *to, size_t length)
{
	struct expression e = begin(netlink, "range");

	put(netlink, NFTA_RANGE_SREG, NFT_REG_1);
	put(netlink, NFTA_RANGE_OP, NFT_RANGE_EQ);
	put_data(netlink, NFTA_RANGE_FROM_DATA, from, length);
	put_data(netlink, NFTA_RANGE_TO_DATA, to, length);
	end(netlink, e);
}

void
rule_set(
    struct netlink *netlink, uint32_t target, const void *value, size_t length)
{
	struct expression e = begin(netlink, "immediate");

	put(netlink, NFTA_IMMEDIATE_DREG, target);
	put_data(netlink, NFTA_IMMEDIATE_DATA, value, length);
	end(netlink, e);
}

void
rule_look_up(struct netlink *netlink, const char *map, uint32_t target)
{
	struct expression e = begin(netlink, "lookup");

	netlink_put_text(netlink, NFTA_LOOKUP_SET, map);
	put(netlink, NFTA_LOOKUP_SREG, NFT_REG_1);
	put(netlink, NFTA_LOOKUP_DREG, target);
	end(netlink, e);
}

void
rule_dnat(struct netlink *netlink, uint8_t family, int port)
{
	struct expression e = begin(netlink, "nat");

	put(netlink, NFTA_NAT_TYPE, NFT_NAT_DNAT);
	put(netlink, NFTA_NAT_FAMILY, family);
	put(netlink, NFTA_NAT_REG_ADDR_MIN, NFT_REG_1);
	if (port)
		put(netlink, NFTA_NAT_REG_PROTO_MIN, NFT_REG_2);
	end(netlink, e);
}

void
rule_masquerade(struct netlink *netlink)
{
	end(netlink, begin(netlink, "masq"));
}

void
rule_verdict(struct netlink *netlink, int verdict, const char *chain)
{
	struct expression e = begin(netlink, "immediate");
	size_t data, nest;

	put(netlink, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = netlink_nest(netlink, NFTA_IMMEDIATE_DATA);
	nest = netlink_nest(netlink, NFTA_DATA_VERDICT);
	put(netlink, NFTA_VERDICT_CODE, (uint32_t)verdict);
	if (chain != NULL)
		netlink_put_text(netlink, NFTA_VERDICT_CHAIN, chain);
	netlink_end(netlink, nest);
	netlink_end(netlink, data);
	end(netlink, e);
}
