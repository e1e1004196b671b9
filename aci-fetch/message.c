/* SPDX-License-Identifier: Apache-2.0 */
/* message - bytes of a known length, and a descriptor, to another process */

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "message.h"

/* What carries one descriptor. */
union control {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

int
message_send(int to, const void *bytes, size_t length, int fd)
{
	union control control = { .header = { .cmsg_len = CMSG_LEN(sizeof fd),
				      .cmsg_level = SOL_SOCKET,
				      .cmsg_type = SCM_RIGHTS } };
	union {
		const void *in;
		void *out;
	} borrowed = { .in = bytes };
	struct iovec part = { .iov_base = borrowed.out, .iov_len = length };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	if (fd >= 0) {
		memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
		message.msg_control = &control;
		message.msg_controllen = sizeof control.room;
	}
	return sendmsg(to, &message, MSG_NOSIGNAL) == (ssize_t)length ? 0 : -1;
}

int
message_receive(int from, void *bytes, size_t length, int *fd)
{
	union control control = { .room = { 0 } };
	struct iovec part = { .iov_base = bytes, .iov_len = length };
	struct msghdr message = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof control.room };
	const struct cmsghdr *header;
	ssize_t n;

	*fd = -1;
	do
		n = recvmsg(from, &message, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	header = n <= 0 ? NULL : CMSG_FIRSTHDR(&message);
	if (header != NULL && header->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(header), sizeof *fd);
	return n <= 0 ? (int)n : n == (ssize_t)length ? 1 : -1;
}
