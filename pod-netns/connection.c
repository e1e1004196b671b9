/* SPDX-License-Identifier: Apache-2.0 */
/* connection - serves one, in two processes */

#include <errno.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "confine.h"
#include "connection.h"
#include "metadata.h"
#include "prog.h"
#include "scope.h"

/* How long what was sent too much is taken, so that the answer is read. */
enum { DRAIN_MS = 500, DRAIN_READS = 64 };

int
connection_caller(int fd, struct caller *caller)
{
	struct sockaddr_in peer = { 0 }, own = { 0 };
	socklen_t peer_size = sizeof peer, own_size = sizeof own;

	if (getpeername(fd, (struct sockaddr *)&peer, &peer_size) < 0 ||
	    getsockname(fd, (struct sockaddr *)&own, &own_size) < 0)
		return -1;
	if (peer.sin_family != AF_INET || own.sin_family != AF_INET) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	caller->peer = peer.sin_addr;
	caller->own = own.sin_addr;
	return 0;
}

/* Still root, who owns the pods' files, but for nothing else. */
static int
drop_capabilities(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return (int)syscall(SYS_capset, &header, none);
}

static _Noreturn void
read_and_reply(int fd, int broker)
{
	(void)alarm(CONNECTION_SECONDS);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ||
	    confine(&confine_copy, NULL) < 0)
		prog_die("confine");
	metadata_serve(fd, broker);
	_exit(0);
}

/* To close what has unread bytes would take the answer back. */
static void
finish(int fd)
{
	struct pollfd more = { .fd = fd, .events = POLLIN };
	char bytes[REQUEST_MAX];

	(void)shutdown(fd, SHUT_WR);
	for (int i = 0; i < DRAIN_READS; i++)
		if (poll(&more, 1, DRAIN_MS) <= 0 ||
		    recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) <= 0)
			break;
}

void
connection_serve(int fd, const struct caller *caller)
{
	int pair[2];
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		prog_die("socketpair");
	child = fork();
	if (child < 0)
		prog_die("fork");
	if (child == 0) {
		(void)close(pair[0]);
		read_and_reply(fd, pair[1]);
	}
	(void)close(pair[1]);
	/* Later than the child's: its end is ours. */
	(void)alarm(CONNECTION_SECONDS * 2);
	if (drop_capabilities() < 0)
		prog_die("capabilities");
	broker_serve(pair[0], caller);
	(void)close(pair[0]);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		continue;
	finish(fd);
}
