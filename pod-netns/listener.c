/* SPDX-License-Identifier: Apache-2.0 */
/* listener - takes connections, each for a process of its own */

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "connection.h"
#include "link.h"
#include "listener.h"
#include "netlink.h"
#include "prog.h"
#include "scope.h"
#include "subnet.h"

enum { WEB_PORT = 80, BACKLOG = 512 };

static const struct subnet metadata = {
	.family = AF_INET, .bits = 32, .address = { 169, 254, 169, 255 }
};

/* The connections that there are; a process of 0 is none. */
static struct slot {
	pid_t pid;
	struct in_addr peer;
} slots[CONNECTIONS];

/* What poll(2) waits for. */
enum { OF_PODS, OF_HOST, CHILDREN, WAITS };

void
listener_address(void)
{
	struct netlink netlink;

	if (netlink_open(&netlink, NETLINK_ROUTE) < 0)
		prog_die("netlink");
	link_add_address(&netlink, LINK_LOOPBACK, &metadata);
	if (netlink_send(&netlink, NULL) < 0 && errno != EEXIST)
		prog_die("lo: %s", address_text(&metadata));
	netlink_close(&netlink);
}

static int
listen_at(const char *text, uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons(port) };
	const int yes = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || inet_pton(AF_INET, text, &address.sin_addr) != 1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ||
	    listen(fd, BACKLOG) < 0)
		prog_die("%s:%u", text, port);
	return fd;
}

/* That children have ended comes by a descriptor, and so at no other time. */
static int
children(void)
{
	sigset_t set;
	int fd;

	if (sigemptyset(&set) < 0 || sigaddset(&set, SIGCHLD) < 0 ||
	    sigprocmask(SIG_BLOCK, &set, NULL) < 0 ||
	    (fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC)) < 0)
		prog_die("signalfd");
	return fd;
}

static void
reap(int fd)
{
	struct signalfd_siginfo signal;
	pid_t pid;

	(void)!read(fd, &signal, sizeof signal);
	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		for (size_t i = 0; i < CONNECTIONS; i++)
			if (slots[i].pid == pid)
				slots[i].pid = 0;
}

static bool
is_host(const struct caller *caller)
{
	return caller->peer.s_addr == caller->own.s_addr ||
	       ntohl(caller->peer.s_addr) >> 24 == IN_LOOPBACKNET;
}

/* A free one, unless the caller has all that it may have; else NULL. */
static struct slot *
find_slot(const struct caller *caller)
{
	struct slot *found = NULL;
	int count = 0;

	for (size_t i = 0; i < CONNECTIONS; i++)
		if (slots[i].pid == 0)
			found = &slots[i];
		else if (slots[i].peer.s_addr == caller->peer.s_addr)
			count++;
	return count < (is_host(caller) ? CONNECTIONS_OF_HOST
					: CONNECTIONS_OF_POD)
		   ? found
		   : NULL;
}

static void
refuse(int fd)
{
	static const char text[] = "HTTP/1.1 503 Service Unavailable\r\n"
				   "Content-Length: 0\r\n"
				   "Connection: close\r\n\r\n";

	(void)send(fd, text, sizeof text - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static _Noreturn void
serve(int fd, const struct caller *caller, const struct pollfd *waits)
{
	sigset_t none;

	for (int i = 0; i < WAITS; i++)
		(void)close(waits[i].fd);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	connection_serve(fd, caller);
	_exit(0);
}

/* This process reads no byte of it. */
static void
take(const struct pollfd *waits, int listening)
{
	static const struct timespec moment = { .tv_nsec = 10000000 };
	autofd int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
	struct caller caller;
	struct slot *slot;

	if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
			  errno == ENOBUFS))
		(void)nanosleep(&moment, NULL);
	if (fd < 0 || connection_caller(fd, &caller) < 0)
		return;
	slot = find_slot(&caller);
	if (slot == NULL) {
		refuse(fd);
		return;
	}
	slot->peer = caller.peer;
	slot->pid = fork();
	if (slot->pid == 0)
		serve(fd, &caller, waits);
	if (slot->pid < 0)
		slot->pid = 0;
}

void
listener_run(uint16_t port)
{
	struct pollfd waits[WAITS] = {
		[OF_PODS] = { .events = POLLIN },
		[OF_HOST] = { .events = POLLIN },
		[CHILDREN] = { .events = POLLIN },
	};

	listener_address();
	waits[OF_PODS].fd = listen_at(address_text(&metadata), WEB_PORT);
	waits[OF_HOST].fd = listen_at("127.0.0.1", port);
	waits[CHILDREN].fd = children();
	for (;;) {
		if (poll(waits, WAITS, -1) < 0) {
			if (errno == EINTR)
				continue;
			prog_die("poll");
		}
		if (waits[CHILDREN].revents != 0)
			reap(waits[CHILDREN].fd);
		for (int i = OF_PODS; i <= OF_HOST; i++)
			if (waits[i].revents != 0)
				take(waits, waits[i].fd);
	}
}
