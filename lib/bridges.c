/* SPDX-License-Identifier: Apache-2.0 */
/* bridges - those that we made, by the group that they were born in */

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "alloc.h"
#include "bridges.h"
#include "masquerade.h"
#include "netlink.h"
#include "scope.h"

/* What changes while it is read is read again, so many times. */
enum { TRIES = 16 };

struct seen {
	uint32_t *ours, *masters;
	size_t our_count, master_count;
};

/* No network's name begins so. */
int
bridges_lock(void)
{
	return masquerade_lock(".bridges");
}

static void
append(uint32_t **list, size_t *count, uint32_t index)
{
	*list = xreallocarray(*list, *count + 1, sizeof **list);
	(*list)[(*count)++] = index;
}

static bool
read_number(const struct nlmsghdr *link, uint16_t attribute, uint32_t *number)
{
	size_t length;
	const void *value =
	    netlink_find(link, sizeof(struct ifinfomsg), attribute, &length);

	if (value == NULL || length != sizeof *number)
		return false;
	memcpy(number, value, length);
	return true;
}

static int
note_link(const struct nlmsghdr *link, void *data)
{
	const struct ifinfomsg *body =
	    (const void *)((const char *)link + NLMSG_HDRLEN);
	struct seen *seen = data;
	uint32_t number;

	if (read_number(link, IFLA_GROUP, &number) && number == BRIDGES_GROUP)
		append(
		    &seen->ours, &seen->our_count, (uint32_t)body->ifi_index);
	if (read_number(link, IFLA_MASTER, &number))
		append(&seen->masters, &seen->master_count, number);
	return 0;
}

static bool
is_master(const struct seen *seen, uint32_t index)
{
	for (size_t i = 0; i < seen->master_count; i++)
		if (seen->masters[i] == index)
			return true;
	return false;
}

int
bridges_drop_unused(void)
{
	struct seen seen = { 0 };
	struct netlink netlink;
	autofd int lock = bridges_lock();
	int result = -1;

	if (lock < 0)
		return -1;
	if (netlink_open(&netlink, NETLINK_ROUTE) < 0)
		return -1;
	errno = EINTR;
	for (int i = 0; i < TRIES && result < 0 && errno == EINTR; i++) {
		seen.our_count = seen.master_count = 0;
		(void)netlink_add(&netlink, RTM_GETLINK, NLM_F_DUMP,
		    sizeof(struct ifinfomsg));
		result = netlink_ask(&netlink, note_link, &seen);
	}
	for (size_t i = 0; i < seen.our_count && result == 0; i++) {
		struct ifinfomsg *body;

		if (is_master(&seen, seen.ours[i]))
			continue;
		body =
		    netlink_add(&netlink, RTM_DELLINK, NLM_F_ACK, sizeof *body);
		body->ifi_index = (int)seen.ours[i];
		result = netlink_send(&netlink, NULL);
	}
	free(seen.ours);
	free(seen.masters);
	netlink_close(&netlink);
	return result;
}
