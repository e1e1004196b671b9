/* SPDX-License-Identifier: Apache-2.0 */
/* forward - what the host must do, and not do, for packets of a pod */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/rtnetlink.h>

#include "forward.h"
#include "netlink.h"
#include "prog.h"
#include "scope.h"

/* An address that is nobody's (RFC 5737), so it goes where most goes. */
#define OUTSIDE 0xc6336401 /* 198.51.100.1 */

/*
 * Sets a switch of an interface in /proc/sys/net, unless it stands so: reading
 * is cheap, while writing takes the lock of all of the network.
 */
static void
set(const char *family, const char *interface, const char *name, char value)
{
	char path[128], now = '\0';
	autofd int fd = -1;

	(void)snprintf(path, sizeof path, "/proc/sys/net/%s/conf/%s/%s", family,
	    interface, name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	/* A kernel without IPv6 has nothing to switch off. */
	if (fd < 0 && errno == ENOENT)
		return;
	if (fd < 0 || pread(fd, &now, 1, 0) != 1 ||
	    (now != value && pwrite(fd, &value, 1, 0) != 1))
		prog_die("%s", path);
}

void
forward_no_ipv6(const char *interface)
{
	set("ipv6", interface, "disable_ipv6", '1');
}

static int
note_interface(const struct nlmsghdr *route, void *data)
{
	size_t length;
	const void *index =
	    netlink_find(route, sizeof(struct rtmsg), RTA_OIF, &length);

	if (index != NULL && length == sizeof(uint32_t))
		memcpy(data, index, length);
	return 0;
}

void
forward_answers(void)
{
	char interface[IF_NAMESIZE];
	struct netlink netlink;
	struct rtmsg *body;
	uint32_t index = 0;
	int result;

	if (netlink_open(&netlink, NETLINK_ROUTE) < 0)
		prog_die("netlink");
	body = netlink_add(&netlink, RTM_GETROUTE, 0, sizeof *body);
	body->rtm_family = AF_INET;
	body->rtm_dst_len = 32;
	netlink_put_u32(&netlink, RTA_DST, htonl(OUTSIDE));
	result = netlink_ask(&netlink, note_interface, &index);
	netlink_close(&netlink);
	if (result < 0 && errno != ENETUNREACH && errno != EHOSTUNREACH)
		prog_die("the host's route to the outside");
	if (index != 0 && if_indextoname(index, interface) != NULL)
		set("ipv4", interface, "forwarding", '1');
}
