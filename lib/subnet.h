/* SPDX-License-Identifier: Apache-2.0 */
/* subnet - addresses that share their first bits, IPv4 or IPv6 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * An address alone is a subnet of all its bits.  One of family 0 is none at
 * all: a network without IPv6 has such a one.
 */
struct subnet {
	unsigned char family; /* AF_INET, AF_INET6, or 0 */
	unsigned char bits;
	unsigned char address[sizeof(struct in6_addr)]; /* as on the wire */
};

/* The longest text of one, with its NUL. */
enum { SUBNET_TEXT = INET6_ADDRSTRLEN + 4 };

/*
 * Reads "172.16.28.0/24" or "fd00::/64": no bit beyond the prefix may be set.
 * Returns 0, or -1 with errno EINVAL.  And the other way.
 */
int subnet_parse(const char *text, struct subnet *subnet);
void subnet_format(const struct subnet *subnet, char text[SUBNET_TEXT]);

/* The same of an address alone: "172.16.28.1". */
int address_parse(const char *text, struct subnet *address);

/* Its address for a message: in a static buffer, good until the next call. */
const char *address_text(const struct subnet *subnet);

/* The length of an address of the family, in bytes and in bits. */
size_t address_size(int family);
unsigned address_bits(int family);

/* The address so many after the first one of the subnet. */
struct subnet subnet_address(const struct subnet *subnet, uint32_t number);

/* How many after the first one it is; UINT32_MAX: too far, or outside. */
uint32_t subnet_number(
    const struct subnet *subnet, const struct subnet *address);

/* Are all of the other's addresses among this one's? */
bool subnet_holds(const struct subnet *subnet, const struct subnet *other);

/* The bits that the addresses share, set. */
void subnet_mask(
    const struct subnet *subnet, unsigned char mask[sizeof(struct in6_addr)]);
