/* SPDX-License-Identifier: Apache-2.0 */
/* lease - the pod's claim to ports of the host */

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/filter.h>

#include "chain.h"
#include "lease.h"
#include "mapping.h"
#include "prog.h"
#include "scope.h"

/* The kernel takes 253 in one message, and its queue is bytes long. */
enum { AT_ONCE = 250, QUEUE = 4 * 1024 * 1024 };

void
purse_open(struct purse *purse)
{
	const int size = QUEUE;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0 ||
	    setsockopt(
		ends[1], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) < 0)
		prog_die("ports: sockets");
	/* Out of the way of the chain's own. */
	purse->kept = fcntl(ends[0], F_DUPFD_CLOEXEC, CHAIN_HOST_NET + 1);
	if (purse->kept < 0)
		prog_die("ports: sockets");
	(void)close(ends[0]);
	purse->in = ends[1];
}

void
purse_put(struct purse *purse, const int *descriptors, size_t count)
{
	char control[CMSG_SPACE(AT_ONCE * sizeof(int))]
	    __attribute__((aligned(sizeof(size_t)))) = { 0 };
	char mark[] = CHAIN_OWNER_MARK;
	struct iovec text = { mark, sizeof mark - 1 };
	struct msghdr message = { .msg_iov = &text,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = CMSG_SPACE(count * sizeof(int)) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	assert(header != NULL); /* control has room for one */
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(header), descriptors, count * sizeof(int));
	if (sendmsg(purse->in, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		prog_die("ports: sockets");
}

static int
switch_option(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof value);
}

/*
 * A listener that is gone leaves connections that wait for their end, and they
 * are no hindrance (SO_REUSEADDR).  Two that only bind would both be let in
 * then; so it listens for a moment, which one alone can, and stays bound.
 */
static int
claim_tcp(int fd, const void *address, socklen_t length)
{
	if (switch_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) < 0 ||
	    bind(fd, address, length) < 0 || listen(fd, 0) < 0 ||
	    shutdown(fd, SHUT_RD) < 0)
		return -1;
	return switch_option(fd, SOL_SOCKET, SO_REUSEADDR, 0);
}

/* What reaches it is not kept. */
static int
claim_udp(int fd, const void *address, socklen_t length)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	const struct sock_fprog filter = { 1, &nothing };

	if (setsockopt(
		fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) < 0)
		return -1;
	return bind(fd, address, length);
}

/* A descriptor, or -1 and errno. */
static int
claim(const struct mapping *mapping, const struct subnet *host, bool both,
    uint16_t port)
{
	const bool six = host->family == AF_INET6;
	const bool tcp = mapping->protocol == IPPROTO_TCP;
	struct sockaddr_in6 address6 = { .sin6_family = AF_INET6,
		.sin6_port = htons(port) };
	struct sockaddr_in address4 = { .sin_family = AF_INET,
		.sin_port = htons(port) };
	const void *address = six ? (void *)&address6 : (void *)&address4;
	const socklen_t length = six ? sizeof address6 : sizeof address4;
	autofd int fd = socket(
	    host->family, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);

	memcpy(&address6.sin6_addr, host->address, sizeof address6.sin6_addr);
	memcpy(&address4.sin_addr, host->address, sizeof address4.sin_addr);
	if (fd < 0 ||
	    (six && switch_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, !both) < 0) ||
	    (tcp ? claim_tcp(fd, address, length)
		 : claim_udp(fd, address, length)) < 0)
		return -1;
	return take_fd(&fd);
}

static _Noreturn void
refuse(const struct mapping *mapping, unsigned i)
{
	const int saved = errno;
	const char *text = mapping_text(mapping, i);

	errno = saved;
	if (errno == EADDRNOTAVAIL)
		prog_diex("port \"%s\": %s: not an address of this host",
		    mapping->name, text);
	if (errno != EADDRINUSE)
		prog_die("port \"%s\": %s", mapping->name, text);
	/* Unless the caller wants all failures to look the same. */
	if (prog_status == CHAIN_FAILED)
		prog_status = EX_TEMPFAIL;
	prog_diex(
	    "port \"%s\": %s is in use on this host", mapping->name, text);
}

void
lease_take(struct purse *purse, const struct mapping *mapping, bool ip6)
{
	struct subnet host = mapping->host;
	bool both = host.family == 0 && ip6;
	int taken[AT_ONCE];
	size_t count = 0;

	if (host.family == 0)
		host.family = ip6 ? AF_INET6 : AF_INET;
	for (unsigned i = 0; i < mapping->count; i++) {
		int fd = claim(
		    mapping, &host, both, (uint16_t)(mapping->host_port + i));

		if (fd < 0)
			refuse(mapping, i);
		taken[count++] = fd;
		if (count < AT_ONCE && i + 1 < mapping->count)
			continue;
		purse_put(purse, taken, count);
		while (count > 0)
			(void)close(taken[--count]);
	}
}
