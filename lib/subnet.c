/* SPDX-License-Identifier: Apache-2.0 */
/* subnet - addresses that share their first bits, IPv4 or IPv6 */

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "num.h"
#include "subnet.h"

size_t
address_size(int family)
{
	return family == AF_INET6 ? sizeof(struct in6_addr)
				  : sizeof(struct in_addr);
}

unsigned
address_bits(int family)
{
	return family == AF_INET6 ? 128 : 32;
}

int
address_parse(const char *text, struct subnet *address)
{
	struct subnet read = { .family = AF_INET };

	if (strchr(text, ':') != NULL)
		read.family = AF_INET6;
	read.bits = (unsigned char)address_bits(read.family);
	if (inet_pton(read.family, text, read.address) != 1) {
		errno = EINVAL;
		return -1;
	}
	*address = read;
	return 0;
}

void
subnet_mask(
    const struct subnet *subnet, unsigned char mask[sizeof(struct in6_addr)])
{
	memset(mask, 0, sizeof(struct in6_addr));
	for (unsigned i = 0; i < subnet->bits; i++)
		mask[i / 8] |= (unsigned char)(0x80 >> i % 8);
}

bool
subnet_holds(const struct subnet *subnet, const struct subnet *other)
{
	unsigned char mask[sizeof(struct in6_addr)];

	if (subnet->family != other->family || other->bits < subnet->bits)
		return false;
	subnet_mask(subnet, mask);
	for (size_t i = 0; i < address_size(subnet->family); i++)
		if (((subnet->address[i] ^ other->address[i]) & mask[i]) != 0)
			return false;
	return true;
}

int
subnet_parse(const char *text, struct subnet *subnet)
{
	char copy[SUBNET_TEXT];
	unsigned char mask[sizeof(struct in6_addr)];
	struct subnet read;
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
	if (address_parse(copy, &read) < 0)
		return -1;
	if (num_parse(slash + 1, 0, read.bits, &bits) < 0) {
		errno = EINVAL;
		return -1;
	}
	read.bits = (unsigned char)bits;
	subnet_mask(&read, mask);
	for (size_t i = 0; i < sizeof mask; i++) {
		if ((read.address[i] & ~mask[i]) != 0) {
			errno = EINVAL;
			return -1;
		}
	}
	*subnet = read;
	return 0;
}

const char *
address_text(const struct subnet *subnet)
{
	static char text[INET6_ADDRSTRLEN];

	return inet_ntop(subnet->family, subnet->address, text, sizeof text);
}

void
subnet_format(const struct subnet *subnet, char text[SUBNET_TEXT])
{
	(void)snprintf(
	    text, SUBNET_TEXT, "%s/%u", address_text(subnet), subnet->bits);
}

struct subnet
subnet_address(const struct subnet *subnet, uint32_t number)
{
	struct subnet address = *subnet;
	uint64_t sum = number;

	address.bits = (unsigned char)address_bits(subnet->family);
	for (size_t i = address_size(subnet->family); i-- > 0; sum >>= 8) {
		sum += address.address[i];
		address.address[i] = (unsigned char)sum;
	}
	return address;
}

uint32_t
subnet_number(const struct subnet *subnet, const struct subnet *address)
{
	uint32_t number = 0;

	if (!subnet_holds(subnet, address))
		return UINT32_MAX;
	for (size_t i = 0; i < address_size(subnet->family); i++) {
		unsigned char own = address->address[i] ^ subnet->address[i];

		if (number > UINT32_MAX >> 8)
			return UINT32_MAX;
		number = number << 8 | own;
	}
	return number;
}
