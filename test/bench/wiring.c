/* SPDX-License-Identifier: Apache-2.0 */
/* wiring - the least that gives a pod its network */
/*
 * usage: wiring [-n]
 *
 * A network namespace, and with -n a veth into it with a pair of addresses of
 * each family, their leases and the routes, as the network "default" has them:
 * one batch of messages outside, one inside; the switches of its IPv6.  Nothing
 * is looked for, recorded, locked or kept.  For test/bench/run, and for nothing
 * else.
 */
#include <err.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/rtnetlink.h>

#include "link.h"
#include "netlink.h"
#include "subnet.h"

enum { INDEX = 0x20000000, POD_INDEX = 32 };

static struct subnet
read_subnet(const char *text)
{
	struct subnet subnet;

	if (subnet_parse(text, &subnet) < 0)
		errx(125, "%s", text);
	return subnet;
}

/* What only /proc can set: it forwards, and takes no router's advice. */
static void
set(const char *interface, const char *name, const char *value)
{
	char path[128];
	int fd;

	(void)snprintf(path, sizeof path, "/proc/sys/net/ipv6/conf/%s/%s",
	    interface, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, value, 1) != 1)
		err(125, "%s", path);
	(void)close(fd);
}

static void
wire(struct netlink *outside, struct netlink *inside, int netns)
{
	const uint32_t number = 2 + 2 * ((uint32_t)getpid() % 32000);
	const uint32_t index = INDEX + (uint32_t)getpid();
	const struct subnet ip4 = read_subnet("10.77.0.0/16"),
			    ip6 = read_subnet("fd77::/64"),
			    any4 = { .family = AF_INET },
			    metadata = read_subnet("169.254.169.255/32");
	const struct subnet host4 = subnet_address(&ip4, number),
			    host6 = subnet_address(&ip6, number);
	struct subnet pod4 = subnet_address(&ip4, number + 1),
		      pod6 = subnet_address(&ip6, number + 1);
	char name[IF_NAMESIZE];
	const struct link_end host = { name, index };
	const struct link_end pod = { "eth0", POD_INDEX };

	(void)snprintf(name, sizeof name, "floor%d", (int)getpid());
	link_add_veth(outside, &host, &pod, netns, 0);
	link_no_own_address(outside, index);
	link_up(outside, index);
	link_put_ipv4_conf(outside);
	link_add_route(outside, index, &pod4, NULL);
	link_add_route(outside, index, &pod6, NULL);
	link_add_address(outside, index, &host4);
	link_add_address(outside, index, &host6);
	if (netlink_send(outside, NULL) < 0)
		err(125, "outside");
	set(name, "accept_ra", "0");
	set(name, "accept_redirects", "0");
	set(name, "force_forwarding", "1");
	pod4.bits = 31;
	pod6.bits = 127;
	link_up(inside, LINK_LOOPBACK);
	link_no_own_address(inside, POD_INDEX);
	link_up(inside, POD_INDEX);
	link_add_address(inside, POD_INDEX, &pod4);
	link_add_address(inside, POD_INDEX, &pod6);
	link_add_route(inside, POD_INDEX, &metadata, &host4);
	link_add_route(inside, POD_INDEX, &any4, &host4);
	link_add_route(inside, POD_INDEX, &ip6, &host6);
	if (netlink_send(inside, NULL) < 0)
		err(125, "inside");
}

int
main(int argc, char *argv[])
{
	struct netlink outside, inside;
	int host, netns;

	if (argc == 1)
		return 0;
	if (strcmp(argv[1], "-n") != 0)
		errx(64, "usage: wiring [-n]");
	if (netlink_open(&outside, NETLINK_ROUTE) < 0 ||
	    (host = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)) < 0 ||
	    unshare(CLONE_NEWNET) < 0 ||
	    (netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)) < 0 ||
	    netlink_open(&inside, NETLINK_ROUTE) < 0 ||
	    setns(host, CLONE_NEWNET) < 0)
		err(125, "namespace");
	wire(&outside, &inside, netns);
	if (setns(netns, CLONE_NEWNET) < 0)
		err(125, "namespace");
	return 0;
}
