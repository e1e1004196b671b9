/* SPDX-License-Identifier: Apache-2.0 */
/* broker - what may read pods, and hands out what one connection may know */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "actype.h"
#include "alloc.h"
#include "broker.h"
#include "path.h"
#include "pod.h"
#include "record.h"
#include "scope.h"

enum { NET_MAX = 1024 * 1024 };

enum {
	OK = 200,
	BAD_REQUEST = 400,
	UNAUTHORIZED = 401,
	FORBIDDEN = 403,
	NOT_FOUND = 404,
	FAILED = 500,
};

/* Room for the one descriptor of a message. */
union passed {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(int))];
};

/* A pod that runs, and its token; -1: there is none, or it did not register. */
static int
open_pod(const char *uuid, struct pod *pod, struct ticket *token)
{
	if (pod_open(uuid, pod) < 0)
		return -1;
	if (pod_state(pod) == POD_IS_RUNNING &&
	    ticket_read(pod->dir, token) == 0)
		return 0;
	(void)close(pod->dir);
	return -1;
}

static bool
is_address(const json_t *network, struct in_addr address)
{
	const char *text = record_string(network, "ip4");
	struct in_addr one;

	return text != NULL && inet_pton(AF_INET, text, &one) == 1 &&
	       one.s_addr == address.s_addr;
}

/*
 * Is that where the pod calls from?  One with networks of its own has their
 * addresses, which nobody else can send from; one without calls from the host.
 */
static bool
is_from(const struct pod *pod, const struct caller *caller)
{
	size_t length;
	autofree char *why = NULL;
	autofree char *bytes =
	    path_read(pod->dir, "net.json", NET_MAX, &length);
	autojson json_t *json = NULL;
	const json_t *networks;

	if (bytes == NULL)
		return errno == ENOENT &&
		       (caller->peer.s_addr == caller->own.s_addr ||
			   ntohl(caller->peer.s_addr) >> 24 == IN_LOOPBACKNET);
	json = json_parse(bytes, length, &why);
	networks = json_object_get(json, "networks");
	for (size_t i = 0; i < json_array_size(networks); i++)
		if (is_address(json_array_get(networks, i), caller->peer))
			return true;
	return false;
}

/* How long a look at the token takes does not say what is right of it. */
static bool
identify(const char *text, const struct caller *caller, struct pod *pod,
    struct ticket *token)
{
	char uuid[UUID_SIZE];

	if (!ticket_uuid(text, uuid) || open_pod(uuid, pod, token) < 0)
		return false;
	if (memeql_sec(token->text, text, TICKET_SIZE - 1) != 0 &&
	    is_from(pod, caller))
		return true;
	(void)close(pod->dir);
	return false;
}

/* Of the UUID's bytes and the content. */
static void
sign(const char *uuid, const struct ticket *token, const struct ask *ask,
    unsigned char signature[SHA512_DIGEST_SIZE])
{
	struct hmac_sha512_ctx hmac;
	uint8_t bytes[16] = { 0 };
	size_t count = 0;

	for (const char *p = uuid; *p != '\0' && count < 32; p++) {
		int digit = *p <= '9' ? *p - '0' : *p - 'a' + 10;

		if (*p == '-')
			continue;
		bytes[count / 2] = (uint8_t)(bytes[count / 2] << 4 | digit);
		count++;
	}
	hmac_sha512_set_key(&hmac, TICKET_KEY, token->key);
	hmac_sha512_update(&hmac, sizeof bytes, bytes);
	hmac_sha512_update(&hmac, ask->length, (const uint8_t *)ask->content);
	hmac_sha512_digest(&hmac, SHA512_DIGEST_SIZE, signature);
}

/* A pod that has ended has no signatures any more. */
static int
verify(const struct ask *ask)
{
	unsigned char right[SHA512_DIGEST_SIZE];
	struct ticket token;
	struct pod pod;

	if (!uuid_valid(ask->uuid))
		return BAD_REQUEST;
	if (open_pod(ask->uuid, &pod, &token) < 0)
		return FORBIDDEN;
	(void)close(pod.dir);
	sign(pod.uuid, &token, ask, right);
	return memeql_sec(right, ask->signature, sizeof right) != 0 ? OK
								    : FORBIDDEN;
}

static int
open_image(const struct pod *pod, const char *app, struct answer *answer)
{
	autofree char *name = xasprintf("%s.manifest", app);
	int fd = -1;

	answer->status = BAD_REQUEST;
	if (acname_check(app) != NULL)
		return -1;
	fd = beneath_open(pod->dir, name, O_RDONLY | O_NONBLOCK, 0);
	answer->status = fd < 0 ? NOT_FOUND : OK;
	return fd;
}

/* What is known of the connection between two questions. */
struct known {
	const struct caller *caller;
	bool identified;
	struct pod pod;
	struct ticket token;
};

/* Returns a descriptor that belongs to the answer, or -1. */
static int
answer_pod(const struct ask *ask, struct known *known, struct answer *answer)
{
	int fd;

	answer->status = UNAUTHORIZED;
	if (known->identified ||
	    !identify(ask->token, known->caller, &known->pod, &known->token))
		return -1;
	known->identified = true;
	memcpy(answer->uuid, known->pod.uuid, UUID_SIZE);
	fd = beneath_open(known->pod.dir, "pod", O_RDONLY | O_NONBLOCK, 0);
	answer->status = fd < 0 ? FAILED : OK;
	return fd;
}

static int
find_answer(const struct ask *ask, struct known *known, struct answer *answer)
{
	if (ask->kind == ASK_POD)
		return answer_pod(ask, known, answer);
	answer->status = UNAUTHORIZED;
	if (!known->identified)
		return -1;
	if (ask->kind == ASK_IMAGE)
		return open_image(&known->pod, ask->app, answer);
	if (ask->kind == ASK_SIGN) {
		sign(known->pod.uuid, &known->token, ask, answer->signature);
		answer->status = OK;
	}
	if (ask->kind == ASK_VERIFY)
		answer->status = verify(ask);
	return -1;
}

/* Whatever the other process has become: these are texts, and that fits. */
static bool
read_ask(int socket, struct ask *ask)
{
	if (recv(socket, ask, sizeof *ask, 0) != sizeof *ask ||
	    ask->length > sizeof ask->content)
		return false;
	ask->token[sizeof ask->token - 1] = '\0';
	ask->app[sizeof ask->app - 1] = '\0';
	ask->uuid[sizeof ask->uuid - 1] = '\0';
	return true;
}

static int
send_answer(int socket, const struct answer *answer, int file)
{
	struct answer copy = *answer;
	struct iovec part = { &copy, sizeof copy };
	union passed passed = { 0 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	if (file >= 0) {
		message.msg_control = passed.room;
		message.msg_controllen = sizeof passed.room;
		passed.head.cmsg_level = SOL_SOCKET;
		passed.head.cmsg_type = SCM_RIGHTS;
		passed.head.cmsg_len = CMSG_LEN(sizeof file);
		memcpy(CMSG_DATA(&passed.head), &file, sizeof file);
	}
	return sendmsg(socket, &message, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

void
broker_serve(int socket, const struct caller *caller)
{
	struct known known = { .caller = caller, .pod.dir = -1 };
	struct ask ask;
	int result = 0;

	while (result == 0 && read_ask(socket, &ask)) {
		struct answer answer = { 0 };
		autofd int file = find_answer(&ask, &known, &answer);

		result = send_answer(socket, &answer, file);
	}
	if (known.identified)
		(void)close(known.pod.dir);
}

int
broker_ask(int socket, const struct ask *ask, struct answer *answer, int *file)
{
	struct ask copy = *ask;
	struct iovec question = { &copy, sizeof copy };
	struct iovec part = { answer, sizeof *answer };
	union passed passed = { 0 };
	struct msghdr message = { .msg_iov = &question, .msg_iovlen = 1 };
	const struct cmsghdr *head;

	*file = -1;
	if (sendmsg(socket, &message, MSG_NOSIGNAL) < 0)
		return -1;
	message = (struct msghdr){ .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = passed.room,
		.msg_controllen = sizeof passed.room };
	if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) !=
	    (ssize_t)sizeof *answer) {
		errno = EIO;
		return -1;
	}
	head = CMSG_FIRSTHDR(&message);
	if (head != NULL && head->cmsg_type == SCM_RIGHTS)
		memcpy(file, CMSG_DATA(head), sizeof *file);
	return 0;
}
