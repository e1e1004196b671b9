/* SPDX-License-Identifier: Apache-2.0 */
/* address - is this an address of the Internet, or of a network of one's own?
 */

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "address.h"

struct network {
	uint8_t bytes[16];
	int bits;
};

static const struct network private4[] = {
	{ { 0 }, 8 },          /* this network */
	{ { 10 }, 8 },         /* private */
	{ { 100, 64 }, 10 },   /* shared: carrier-grade NAT */
	{ { 127 }, 8 },        /* loopback */
	{ { 169, 254 }, 16 },  /* link-local: clouds' metadata services */
	{ { 172, 16 }, 12 },   /* private */
	{ { 192, 0, 0 }, 24 }, /* of protocols */
	{ { 192, 168 }, 16 },  /* private */
	{ { 198, 18 }, 15 },   /* benchmarks */
	{ { 224 }, 4 },        /* multicast */
	{ { 240 }, 4 },        /* reserved, and broadcast */
};

static const struct network private6[] = {
	{ { 0 }, 127 },         /* unspecified, and loopback */
	{ { 0x01, 0x00 }, 64 }, /* discard */
	{ { 0x00, 0x64, 0xff, 0x9b, 0x00, 0x01 }, 48 }, /* local NAT64 */
	{ { 0x20, 0x01, 0x00, 0x00 }, 32 }, /* Teredo: wherever it leads */
	{ { 0xfc }, 7 },                    /* unique local */
	{ { 0xfe, 0x80 }, 9 },              /* link-local, site-local */
	{ { 0xff }, 8 },                    /* multicast */
};

/* Where in an address of IPv6 is one of IPv4? */
static const struct {
	struct network network;
	size_t at;
} inner[] = {
	{ { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff }, 96 },
	    12 },                                   /* mapped */
	{ { { 0 }, 96 }, 12 },                      /* compatible */
	{ { { 0x00, 0x64, 0xff, 0x9b }, 96 }, 12 }, /* NAT64 */
	{ { { 0x20, 0x02 }, 16 }, 2 },              /* 6to4 */
};

static bool
is_in(const uint8_t *address, const struct network *network)
{
	int whole = network->bits / 8;
	int rest = network->bits % 8;

	return memcmp(address, network->bytes, (size_t)whole) == 0 &&
	       (rest == 0 ||
		   (address[whole] ^ network->bytes[whole]) >> (8 - rest) == 0);
}

static bool
is_in_any(const uint8_t *address, const struct network *networks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_in(address, &networks[i]))
			return true;
	return false;
}

static bool
is_private4(const uint8_t *address)
{
	return is_in_any(address, private4, sizeof private4 / sizeof *private4);
}

static bool
is_private6(const uint8_t *address)
{
	for (size_t i = 0; i < sizeof inner / sizeof *inner; i++)
		if (is_in(address, &inner[i].network) &&
		    is_private4(address + inner[i].at))
			return true;
	return is_in_any(address, private6, sizeof private6 / sizeof *private6);
}

bool
address_is_private(const struct sockaddr *address)
{
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;

	switch (address->sa_family) {
	case AF_INET:
		memcpy(&in4, address, sizeof in4);
		return is_private4((const uint8_t *)&in4.sin_addr);
	case AF_INET6:
		memcpy(&in6, address, sizeof in6);
		return is_private6(in6.sin6_addr.s6_addr);
	default:
		return true;
	}
}
