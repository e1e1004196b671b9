/* SPDX-License-Identifier: Apache-2.0 */
/* address - test of aci-fetch/address.c: whom --deny-private does not speak to
 */

#undef NDEBUG
#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "address.h"

static const char *const denied[] = { "0.0.0.0", "0.1.2.3", "10.0.0.1",
	"10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1",
	"127.255.255.255", "169.254.169.254", "172.16.0.1", "172.31.255.255",
	"192.0.0.1", "192.168.0.1", "192.168.255.255", "198.18.0.1",
	"198.19.255.255", "224.0.0.1", "239.255.255.255", "240.0.0.1",
	"255.255.255.255", "::", "::1", "::ffff:127.0.0.1",
	"::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::10.0.0.1",
	"64:ff9b:1::1", "2002:7f00:1::", "2002:c0a8:1::1", "2001::1", "fc00::1",
	"fd00:ec2::254", "fe80::1", "febf::1", "fec0::1", "ff02::1", "100::1" };

static const char *const allowed[] = { "1.1.1.1", "9.255.255.255", "11.0.0.0",
	"100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
	"169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0",
	"192.0.1.0", "192.0.2.80", "192.167.255.255", "192.169.0.0",
	"198.17.255.255", "198.20.0.0", "223.255.255.255", "::ffff:1.1.1.1",
	"64:ff9b::1.1.1.1", "2002:101:101::1", "2001:4860:4860::8888",
	"2606:4700::1111", "fbff::1" };

static bool
is_private(const char *text)
{
	struct sockaddr_in in4 = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_storage any = { 0 };

	if (inet_pton(AF_INET, text, &in4.sin_addr) == 1)
		memcpy(&any, &in4, sizeof in4);
	else {
		assert(inet_pton(AF_INET6, text, &in6.sin6_addr) == 1);
		memcpy(&any, &in6, sizeof in6);
	}
	fprintf(stderr, "%s\n", text);
	return address_is_private((const struct sockaddr *)&any);
}

int
main(void)
{
	const struct sockaddr_un local = { .sun_family = AF_UNIX };

	for (size_t i = 0; i < sizeof denied / sizeof *denied; i++)
		assert(is_private(denied[i]));
	for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
		assert(!is_private(allowed[i]));
	assert(address_is_private((const struct sockaddr *)&local));
	return 0;
}
