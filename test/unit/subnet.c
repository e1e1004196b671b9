/* SPDX-License-Identifier: Apache-2.0 */
/* subnet - test of lib/subnet.c */

#undef NDEBUG
#include <assert.h>
#include <string.h>

#include "subnet.h"

static void
parses(void)
{
	static const char *const good[] = { "172.16.28.0/24", "0.0.0.0/0",
		"10.0.0.1/32", "fd00::/64", "::/0", "fd00::1/128",
		"255.255.255.255/32",
		"fdf2:3a67:91c5:1c:ffff:ffff:ffff:ffff/128" };
	static const char *const bad[] = { "", "/", "10.0.0.0", "10.0.0.0/",
		"10.0.0.0/33", "10.0.0.1/24", "10.0.0.0/-1", "10.0.0.0/+8",
		"10.0.0/24", "fd00::/129", "fd00::1/64", "fd00::/64/",
		"10.0.0.0/8 ", "x/8",
		"fdf2:3a67:91c5:001c:ffff:ffff:ffff:ffff:ffff/128" };
	char text[SUBNET_TEXT];
	struct subnet subnet;

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		assert(subnet_parse(good[i], &subnet) == 0);
		subnet_format(&subnet, text);
		assert(strcmp(text, good[i]) == 0);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert(subnet_parse(bad[i], &subnet) < 0);
}

static struct subnet
read_one(const char *text)
{
	struct subnet subnet;

	assert(subnet_parse(text, &subnet) == 0);
	return subnet;
}

static void
counts(void)
{
	static const struct {
		const char *subnet;
		uint32_t number;
		const char *address;
	} rows[] = {
		{ "172.16.28.0/24", 0, "172.16.28.0" },
		{ "172.16.28.0/24", 255, "172.16.28.255" },
		{ "10.0.0.0/8", 0x010203, "10.1.2.3" },
		{ "0.0.0.0/0", 0xfffffffe, "255.255.255.254" },
		{ "fd00::/64", 0xfffffffe, "fd00::ffff:fffe" },
		{ "fd00::ff00/120", 255, "fd00::ffff" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct subnet subnet = read_one(rows[i].subnet);
		struct subnet address = subnet_address(&subnet, rows[i].number);

		assert(strcmp(address_text(&address), rows[i].address) == 0);
		assert(subnet_number(&subnet, &address) == rows[i].number);
	}
}

static void
holds(void)
{
	static const struct {
		const char *outer, *inner;
		bool is;
	} rows[] = {
		{ "10.0.0.0/8", "10.1.0.0/16", true },
		{ "10.0.0.0/8", "10.0.0.0/8", true },
		{ "10.1.0.0/16", "10.0.0.0/8", false },
		{ "10.0.0.0/8", "11.0.0.0/16", false },
		{ "0.0.0.0/0", "10.0.0.0/8", true },
		{ "0.0.0.0/0", "fd00::/64", false },
		{ "::/0", "fd00::/64", true },
		{ "fd00::/63", "fd00:0:0:1::/64", true },
		{ "fd00::/64", "fd00:0:0:1::/64", false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct subnet outer = read_one(rows[i].outer),
			      inner = read_one(rows[i].inner);

		assert(subnet_holds(&outer, &inner) == rows[i].is);
		if (!rows[i].is)
			assert(subnet_number(&outer, &inner) == UINT32_MAX);
	}
}

int
main(void)
{
	parses();
	counts();
	holds();
	return 0;
}
