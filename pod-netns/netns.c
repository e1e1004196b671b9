/* SPDX-License-Identifier: Apache-2.0 */
/* netns - the network namespaces of the host and of the pod */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "chain.h"
#include "netns.h"
#include "prog.h"
#include "scope.h"

int
netns_current(void)
{
	autofd int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int above;

	if (fd < 0)
		prog_die("/proc/self/ns/net");
	above = fcntl(fd, F_DUPFD_CLOEXEC, CHAIN_HOST_NET + 1);
	if (above < 0)
		prog_die("/proc/self/ns/net");
	return above;
}

void
netns_make(int host, int made, struct netns *netns)
{
	if (made >= 0) {
		netns_enter(made);
	} else if (unshare(CLONE_NEWNET) < 0) {
		if (errno == EPERM)
			prog_diex("a network of its own: must be run as root");
		prog_die("a network namespace");
	}
	netns->fd = made >= 0 ? made : netns_current();
	if (netlink_open(&netns->inside, NETLINK_ROUTE) < 0)
		prog_die("netlink");
	netns_enter(host);
}

void
netns_enter(int netns)
{
	if (setns(netns, CLONE_NEWNET) < 0)
		prog_die("a network namespace");
}
