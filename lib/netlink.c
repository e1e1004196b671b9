/* SPDX-License-Identifier: Apache-2.0 */
/* netlink - messages to the kernel's network, several in one call */

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "alloc.h"
#include "netlink.h"
#include "scope.h"

/* An answer is at most this long: the kernel's own bound for a dump. */
enum { ANSWER_MAX = 32768 };

int
netlink_open(struct netlink *netlink, int protocol)
{
	const int one = 1;
	autofd int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		return -1;
	/* An error is not to bring the whole message back. */
	if (setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof one) < 0)
		return -1;
	netlink->fd = take_fd(&fd);
	netlink->seq = 0;
	netlink->first = 1;
	netlink->used = 0;
	netlink->message = 0;
	netlink->size = sizeof netlink->own;
	netlink->room = netlink->own;
	return 0;
}

void
netlink_close(struct netlink *netlink)
{
	if (netlink->room != netlink->own)
		free(netlink->room);
	netlink->room = netlink->own;
	scope_close(&netlink->fd);
}

int
netlink_widen(struct netlink *netlink, size_t size)
{
	const int wanted = (int)(size < INT32_MAX / 2 ? size : INT32_MAX / 2);

	if (size <= sizeof netlink->own)
		return 0;
	if (setsockopt(netlink->fd, SOL_SOCKET, SO_SNDBUFFORCE, &wanted,
		sizeof wanted) < 0)
		return -1;
	netlink->room = xreallocarray(NULL, size, 1);
	netlink->size = size;
	return 0;
}

static struct nlmsghdr *
last(struct netlink *netlink)
{
	return (void *)(netlink->room + netlink->message);
}

/* Room for size bytes more, zeroed; after an overflow nothing is sent. */
static void *
grow(struct netlink *netlink, size_t size)
{
	static char nowhere[NETLINK_ROOM];
	char *place = netlink->room + netlink->used;

	size = NLMSG_ALIGN(size);
	if (size > netlink->size - netlink->used) {
		netlink->used = netlink->size;
		return nowhere;
	}
	memset(place, 0, size);
	netlink->used += size;
	last(netlink)->nlmsg_len = (uint32_t)(netlink->used - netlink->message);
	return place;
}

void *
netlink_add(struct netlink *netlink, uint16_t type, uint16_t flags, size_t size)
{
	struct nlmsghdr *header;

	netlink->message = netlink->used;
	if (netlink->used > netlink->size - sizeof *header) {
		netlink->message = 0;
		netlink->used = netlink->size;
	}
	(void)grow(netlink, sizeof *header);
	header = last(netlink);
	header->nlmsg_type = type;
	header->nlmsg_flags = NLM_F_REQUEST | flags;
	header->nlmsg_seq = ++netlink->seq;
	return grow(netlink, size);
}

void
netlink_put(struct netlink *netlink, uint16_t attribute, const void *value,
    size_t length)
{
	struct nlattr *header;

	if (length > NETLINK_ROOM - NLA_HDRLEN) {
		netlink->used = netlink->size;
		return;
	}
	header = grow(netlink, NLA_HDRLEN + length);
	header->nla_type = attribute;
	header->nla_len = (uint16_t)(NLA_HDRLEN + length);
	if (length > 0)
		memcpy((char *)header + NLA_HDRLEN, value, length);
}

void
netlink_put_u32(struct netlink *netlink, uint16_t attribute, uint32_t value)
{
	netlink_put(netlink, attribute, &value, sizeof value);
}

void
netlink_put_text(struct netlink *netlink, uint16_t attribute, const char *text)
{
	netlink_put(netlink, attribute, text, strlen(text) + 1);
}

size_t
netlink_nest(struct netlink *netlink, uint16_t attribute)
{
	size_t place = netlink->used;

	netlink_put(netlink, attribute | NLA_F_NESTED, NULL, 0);
	return place;
}

void
netlink_end(struct netlink *netlink, size_t nest)
{
	struct nlattr *header = (void *)(netlink->room + nest);

	if (nest < netlink->size - NLA_HDRLEN)
		header->nla_len = (uint16_t)(netlink->used - nest);
}

void *
netlink_body(struct netlink *netlink, size_t size)
{
	return grow(netlink, size);
}

static int
post(struct netlink *netlink, unsigned limit)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	size_t length = netlink->used;

	netlink->used = 0;
	netlink->message = 0;
	if (length == netlink->size || netlink->seq - netlink->first >= limit) {
		errno = EMSGSIZE;
		return -1;
	}
	return sendto(netlink->fd, netlink->room, length, 0, (void *)&kernel,
		   sizeof kernel) < 0
		   ? -1
		   : 0;
}

/*
 * The kernel has answered when sendto(2) returns, so that there is nothing to
 * wait for, and no answer is a failure.
 */
static ssize_t
answer(struct netlink *netlink, char *room)
{
	ssize_t n;

	do
		n = recv(
		    netlink->fd, room, ANSWER_MAX, MSG_DONTWAIT | MSG_TRUNC);
	while (n < 0 && errno == EINTR);
	if (n > ANSWER_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	if (n == 0 || (n < 0 && errno == EAGAIN)) {
		errno = EPROTO;
		return -1;
	}
	return n;
}

static int
error_in(const struct nlmsghdr *message)
{
	const struct nlmsgerr *error =
	    (const void *)((const char *)message + NLMSG_HDRLEN);

	return message->nlmsg_len < NLMSG_LENGTH(sizeof error->error)
		   ? EPROTO
		   : -error->error;
}

/* Which of those sent want an answer, as bits; it counts them too. */
static unsigned
awaited(const struct netlink *netlink, size_t length, uint64_t *which)
{
	unsigned count = 0;

	*which = 0;
	for (size_t at = 0; at < length;) {
		const struct nlmsghdr *header =
		    (const void *)(netlink->room + at);

		if (header->nlmsg_flags & NLM_F_ACK) {
			*which |= UINT64_C(1)
				  << (header->nlmsg_seq - netlink->first) %
					 NETLINK_MESSAGES;
			count++;
		}
		at += NLMSG_ALIGN(header->nlmsg_len);
	}
	return count;
}

int
netlink_send(struct netlink *netlink, unsigned *failed)
{
	char room[ANSWER_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	uint64_t which = 0;
	size_t length = netlink->used;
	uint32_t first = netlink->first;
	unsigned place, left, at = NETLINK_MESSAGES;
	int saved = 0;

	if (post(netlink, NETLINK_MESSAGES) < 0) {
		netlink->first = netlink->seq + 1;
		return -1;
	}
	left = awaited(netlink, length, &which);
	netlink->first = netlink->seq + 1;
	while (left > 0) {
		ssize_t n = answer(netlink, room);

		if (n < 0)
			return -1;
		for (struct nlmsghdr *h = (void *)room; NLMSG_OK(h, n);
		     h = NLMSG_NEXT(h, n)) {
			place = h->nlmsg_seq - first;
			if (h->nlmsg_type != NLMSG_ERROR ||
			    place >= NETLINK_MESSAGES)
				continue;
			if (error_in(h) != 0 && place < at) {
				at = place;
				saved = error_in(h);
			}
			/* One that no answer is due to: it is about all. */
			left = which >> place & 1 ? left - 1 : 0;
			if (left == 0)
				break;
		}
	}
	if (saved == 0)
		return 0;
	if (failed != NULL)
		*failed = at;
	errno = saved;
	return -1;
}

/* Failures are answered, and what asks for it: all is there by now. */
int
netlink_commit(struct netlink *netlink)
{
	char room[ANSWER_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	bool done = false;
	int saved = 0;
	ssize_t n;

	if (post(netlink, UINT32_MAX) < 0)
		return -1;
	netlink->first = netlink->seq + 1;
	while ((n = answer(netlink, room)) > 0) {
		for (struct nlmsghdr *h = (void *)room; NLMSG_OK(h, n);
		     h = NLMSG_NEXT(h, n)) {
			if (h->nlmsg_type != NLMSG_ERROR)
				continue;
			done = true;
			if (saved == 0)
				saved = error_in(h);
		}
	}
	/* No answer at all, or the socket has no more to say. */
	if (errno != EPROTO || !done)
		return -1;
	errno = saved;
	return saved == 0 ? 0 : -1;
}

int
netlink_ask(struct netlink *netlink,
    int (*visit)(const struct nlmsghdr *answer, void *data), void *data)
{
	char room[ANSWER_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	bool torn = false;
	int result;

	/* The end of a dump is marked; that of a single answer is its ack. */
	if ((last(netlink)->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
		last(netlink)->nlmsg_flags |= NLM_F_ACK;
	result = post(netlink, NETLINK_MESSAGES);
	netlink->first = netlink->seq + 1;
	if (result < 0)
		return -1;
	for (;;) {
		ssize_t n = answer(netlink, room);

		if (n < 0)
			return -1;
		for (struct nlmsghdr *h = (void *)room; NLMSG_OK(h, n);
		     h = NLMSG_NEXT(h, n)) {
			torn = torn || h->nlmsg_flags & NLM_F_DUMP_INTR;
			if (h->nlmsg_type == NLMSG_ERROR && error_in(h) != 0) {
				errno = error_in(h);
				return -1;
			}
			if (h->nlmsg_type == NLMSG_ERROR ||
			    h->nlmsg_type == NLMSG_DONE) {
				errno = EINTR;
				return torn ? -1 : result;
			}
			/* To the end, or the next question gets the rest. */
			if (result == 0)
				result = visit(h, data);
		}
	}
}

const void *
netlink_find(const struct nlmsghdr *answer, size_t size, uint16_t attribute,
    size_t *length)
{
	size_t at = NLMSG_SPACE(size);

	while (at + NLA_HDRLEN <= answer->nlmsg_len) {
		const struct nlattr *header =
		    (const void *)((const char *)answer + at);

		if (header->nla_len < NLA_HDRLEN ||
		    header->nla_len > answer->nlmsg_len - at)
			break;
		if ((header->nla_type & NLA_TYPE_MASK) == attribute) {
			*length = header->nla_len - (size_t)NLA_HDRLEN;
			return (const char *)header + NLA_HDRLEN;
		}
		at += NLA_ALIGN(header->nla_len);
	}
	return NULL;
}
