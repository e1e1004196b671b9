/* SPDX-License-Identifier: Apache-2.0 */
/* netlink - messages to the kernel's network, several in one call */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <linux/netlink.h>

/* What one call may hold: bytes, and messages. */
enum { NETLINK_ROOM = 8192, NETLINK_MESSAGES = 64 };

/*
 * A socket, which stays in the network namespace that it was made in, and the
 * messages that wait to be sent through it.
 */
struct netlink {
	int fd;
	uint32_t seq;   /* of the last message */
	uint32_t first; /* of the first one that waits */
	size_t used;
	size_t message; /* where the last one begins */
	size_t size;    /* of the room */
	char *room;     /* own, or what netlink_widen() took */
	char own[NETLINK_ROOM] __attribute__((aligned(NLMSG_ALIGNTO)));
};

/* Opens one for NETLINK_ROUTE or NETLINK_NETFILTER.  0, or -1 and errno. */
int netlink_open(struct netlink *netlink, int protocol);
void netlink_close(struct netlink *netlink);

/* Takes room for so many bytes, before anything waits.  0, or -1 and errno. */
int netlink_widen(struct netlink *netlink, size_t size);

/*
 * Adds a message with a body of size bytes, which is returned zeroed; flags
 * beside NLM_F_REQUEST.  Attributes are then added to it by the functions
 * below; numbers are in the byte order that the caller gives them.
 */
void *netlink_add(
    struct netlink *netlink, uint16_t type, uint16_t flags, size_t size);
void netlink_put(struct netlink *netlink, uint16_t attribute, const void *value,
    size_t length);
void netlink_put_u32(struct netlink *, uint16_t attribute, uint32_t value);
void netlink_put_text(struct netlink *, uint16_t attribute, const char *text);

/* Begins a nested attribute, and ends the one that begins there. */
size_t netlink_nest(struct netlink *netlink, uint16_t attribute);
void netlink_end(struct netlink *netlink, size_t nest);

/* A body within the last nested attribute (a veth's peer has one). */
void *netlink_body(struct netlink *netlink, size_t size);

/*
 * Sends what waits, and takes the answer to each message that has NLM_F_ACK.
 * Returns 0 if all is done, else -1, errno of the first that failed and, if
 * failed is not NULL, in *failed its place among those sent, from 0.  The
 * kernel does the others nevertheless, save those of a netfilter batch.
 */
int netlink_send(struct netlink *netlink, unsigned *failed);

/*
 * Sends a netfilter batch of any number of messages, one of which at least has
 * NLM_F_ACK.  Returns 0: all of it is done, or -1 and errno: nothing is.
 */
int netlink_commit(struct netlink *netlink);

/*
 * Sends the one message that waits and calls visit for each that answers it.
 * Returns 0, what visit returned if that is not 0, or -1 and errno; EINTR:
 * what was asked for changed meanwhile, ask again.
 */
int netlink_ask(struct netlink *netlink,
    int (*visit)(const struct nlmsghdr *answer, void *data), void *data);

/*
 * The attribute of that type in an answer whose body has size bytes, its
 * length in *length; NULL if there is none.  Borrowed from the answer.
 */
const void *netlink_find(const struct nlmsghdr *answer, size_t size,
    uint16_t attribute, size_t *length);
