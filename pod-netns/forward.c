/* SPDX-License-Identifier: Apache-2.0 */
/* forward - what the host must do, and not do, for packets of a pod */

#include <arpa/inet.h>
#include <dirent.h>
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
#include "subnet.h"

/* Addresses that are nobody's (RFC 5737, 3849), so they go where most goes. */
#define OUTSIDE4 "198.51.100.1"
#define OUTSIDE6 "2001:db8::1"

#define CONF6 "/proc/sys/net/ipv6/conf"

/* '\0' if there is no such switch. */
static char
look(const char *family, const char *interface, const char *name)
{
	char path[128], now = '\0';
	autofd int fd = -1;

	(void)snprintf(path, sizeof path, "/proc/sys/net/%s/conf/%s/%s", family,
	    interface, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return '\0';
	if (fd < 0 || pread(fd, &now, 1, 0) != 1)
		prog_die("%s", path);
	return now;
}

/* Sets a switch of an interface; one that is not there is left: false. */
static bool
put(const char *family, const char *interface, const char *name, char value)
{
	char path[128];
	autofd int fd = -1;

	(void)snprintf(path, sizeof path, "/proc/sys/net/%s/conf/%s/%s", family,
	    interface, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return false;
	if (fd < 0 || pwrite(fd, &value, 1, 0) != 1)
		prog_die("%s", path);
	return true;
}

/*
 * The same unless it stands so: reading is cheap, while writing may take the
 * lock of all of the network.
 */
static void
set(const char *family, const char *interface, const char *name, char value)
{
	const char now = look(family, interface, name);

	if (now != '\0' && now != value)
		(void)put(family, interface, name, value);
}

bool
forward_has_ipv6(void)
{
	return look("ipv6", "all", "disable_ipv6") == '0';
}

/*
 * Before Linux 6.17 IPv6 is forwarded everywhere or nowhere.  Where it is, the
 * host takes no router's advice, unless told to (accept_ra is 2): hence each
 * interface that took it is told so first, and those to come.
 */
static void
forward_everywhere(void)
{
	autodir DIR *interfaces = NULL;

	if (look("ipv6", "all", "forwarding") == '1')
		return;
	interfaces = opendir(CONF6);
	if (interfaces == NULL)
		prog_die(CONF6);
	for (struct dirent *e; (e = readdir(interfaces)) != NULL;) {
		if (*e->d_name == '.' || strcmp(e->d_name, "all") == 0)
			continue;
		if (look("ipv6", e->d_name, "forwarding") == '0' &&
		    look("ipv6", e->d_name, "accept_ra") == '1')
			set("ipv6", e->d_name, "accept_ra", '2');
	}
	set("ipv6", "all", "forwarding", '1');
}

/* What comes in by the interface is forwarded; nothing else changes there. */
static void
forward_from(const char *interface)
{
	if (look("ipv6", interface, "force_forwarding") == '\0')
		forward_everywhere();
	else
		set("ipv6", interface, "force_forwarding", '1');
}

void
forward_ipv6(const char *interface)
{
	/* It is new, and stands on none of these. */
	(void)put("ipv6", interface, "accept_ra", '0');
	(void)put("ipv6", interface, "accept_redirects", '0');
	if (!put("ipv6", interface, "force_forwarding", '1'))
		forward_everywhere();
}

void
forward_no_ipv6(const char *interface)
{
	set("ipv6", interface, "disable_ipv6", '1');
}

/* IPv4 that comes in by it is forwarded. */
static void
forward_ipv4(const char *interface)
{
	set("ipv4", interface, "forwarding", '1');
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

bool
forward_answers(int family)
{
	char interface[IF_NAMESIZE];
	struct netlink netlink;
	struct subnet outside;
	struct rtmsg *body;
	uint32_t index = 0;
	int result;

	(void)address_parse(family == AF_INET6 ? OUTSIDE6 : OUTSIDE4, &outside);
	if (netlink_open(&netlink, NETLINK_ROUTE) < 0)
		prog_die("netlink");
	body = netlink_add(&netlink, RTM_GETROUTE, 0, sizeof *body);
	body->rtm_family = outside.family;
	body->rtm_dst_len = outside.bits;
	netlink_put(&netlink, RTA_DST, outside.address, address_size(family));
	result = netlink_ask(&netlink, note_interface, &index);
	netlink_close(&netlink);
	if (result < 0 && errno != ENETUNREACH && errno != EHOSTUNREACH &&
	    errno != EACCES && errno != EINVAL)
		prog_die("the host's route to the outside");
	if (result < 0 || index == 0 ||
	    if_indextoname(index, interface) == NULL)
		return false;
	if (family == AF_INET6)
		forward_from(interface);
	else
		forward_ipv4(interface);
	return true;
}
