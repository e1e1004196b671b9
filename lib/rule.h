/* SPDX-License-Identifier: Apache-2.0 */
/* rule - rules of nftables as messages to the kernel */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "netlink.h"

/*
 * Each of these adds a message, or a part of the last one, to those that wait
 * in a socket of NETLINK_NETFILTER.  All is of the family inet.  A batch is
 * what stands between the two frames: the kernel does all of it, or nothing.
 */
void rule_batch_begin(struct netlink *netlink);
void rule_batch_end(struct netlink *netlink);

/* A table, which may be there; its end, with all that is in it. */
void rule_table(struct netlink *netlink, const char *table);
void rule_drop_table(struct netlink *netlink, const char *table);

/* A table that goes away with the socket, which alone may change it. */
void rule_own_table(struct netlink *netlink, const char *table);

/* A chain; of type "nat" or "filter" at a hook, or NULL for one to jump to. */
void rule_chain(struct netlink *netlink, const char *table, const char *chain,
    const char *type, uint32_t hook, int priority);

/*
 * A map from ports to ports, and its element.  Elements wait in the last
 * message, between begin and end.
 */
void rule_map(struct netlink *netlink, const char *table, const char *map);
size_t rule_elements_begin(
    struct netlink *netlink, const char *table, const char *map);
void rule_element(struct netlink *netlink, uint16_t from, uint16_t to);

/* A rule: its expressions are added between begin and end. */
size_t rule_begin(
    struct netlink *netlink, const char *table, const char *chain);
void rule_end(struct netlink *netlink, size_t rule, const char *comment);

/* Asks for all tables, or for the rules of a chain (NULL: of the table). */
void rule_ask_tables(struct netlink *netlink);
void rule_ask(struct netlink *netlink, const char *table, const char *chain);

/* What an answer says; NULL: it has no such thing.  It lies in the answer. */
const char *rule_table_name(const struct nlmsghdr *table);
const char *rule_comment(const struct nlmsghdr *rule);

/* These load register 1: meta data, the state of a connection, ... */
void rule_load_meta(struct netlink *netlink, uint32_t key);
void rule_load_ct(struct netlink *netlink, uint32_t key);
/* ... what kind of address the packet goes to (RTN_LOCAL and so on), ... */
void rule_load_target(struct netlink *netlink);
/* ... the interface by which an answer would leave, if it is where it came. */
void rule_load_way_back(struct netlink *netlink);
/* ... or bytes of a header (enum nft_payload_bases). */
void rule_load_bytes(
    struct netlink *netlink, uint32_t header, uint32_t offset, uint32_t length);

/* Register 1 keeps the bits of the mask, of at most 16 bytes. */
void rule_mask(struct netlink *netlink, const void *mask, size_t length);

/* Goes on only if register 1 compares so, or is from one to the other. */
void rule_compare(struct netlink *netlink, uint32_t operator,
    const void * value, size_t length);
void rule_between(
    struct netlink *netlink, const void *from, const void *to, size_t length);

/* Loads a register, or from the map by what register 1 has. */
void rule_set(
    struct netlink *netlink, uint32_t target, const void *value, size_t length);
void rule_look_up(struct netlink *netlink, const char *map, uint32_t target);

/* The address of register 1 and, if port is set, the port of register 2. */
void rule_dnat(struct netlink *netlink, uint8_t family, int port);
void rule_masquerade(struct netlink *netlink);

/* NF_DROP, or NFT_JUMP to a chain. */
void rule_verdict(struct netlink *netlink, int verdict, const char *chain);
