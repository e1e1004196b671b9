/* SPDX-License-Identifier: Apache-2.0 */
/* masquerade - the one rule of a network that lets its pods reach out */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* IPv4 addresses that share their first bits; in the host's byte order. */
struct subnet {
	uint32_t address;
	unsigned bits;
};

/* The longest text of one, 255.255.255.255/32, with its NUL. */
enum { SUBNET_TEXT = 19 };

/*
 * Reads "172.16.28.0/24": no bit beyond the prefix may be set.  Returns 0, or
 * -1 with errno EINVAL.  And the other way.
 */
int subnet_parse(const char *text, struct subnet *subnet);
void subnet_format(const struct subnet *subnet, char text[SUBNET_TEXT]);

/* An address for a message: in a static buffer, good until the next call. */
const char *address_text(uint32_t address);

/*
 * A network's rule stands in a table of its own, "inet rkt-net-NAME", with the
 * subnet as its comment, so that removing one network's is a single message
 * and disturbs no other.  The table belongs to who holds the network's lock,
 * RKT_RUN/net/NAME.lock, for which this waits: a descriptor, or -1 and errno.
 */
int masquerade_lock(const char *network);

/* Adds what is missing of table, chain and rule.  0, or -1 and errno. */
int masquerade_keep(const char *network, const struct subnet *subnet);

/*
 * Removes the tables of the networks of which no pod is left: none of their
 * subnets' addresses is leased, that is, has a route of the host's.  Returns 0,
 * or -1 and errno.
 */
int masquerade_drop_unused(void);
