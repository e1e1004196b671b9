/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keeper - the half of a program that may write in the store's tmp
 *
 * Child and keeper talk over a socket, a request and its answer at a time.  The
 * child never hands over a descriptor or a name: it says which of the keeper's
 * own files it means, by number.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "alloc.h"
#include "confine.h"
#include "dirs.h"
#include "filter.h"
#include "keeper.h"
#include "path.h"
#include "prog.h"
#include "publish.h"
#include "scope.h"
#include "uuid.h"

/* Files that may be open at a time. */
enum { FILES = 512 };

enum verb { OPEN, CLOSE, NAME, READ };

struct request {
	enum verb verb;
	int file;      /* number; of CLOSE and NAME */
	char path[96]; /* of READ */
};

struct answer {
	int error; /* errno; 0: done */
	int file;  /* of OPEN: its number, and the descriptor comes along */
	char name[sizeof "fetch-" + UUID_SIZE];
};

/* The keeper's: its files by their numbers, -1 where there is none. */
struct files {
	int tmp; /* the directory */
	int fds[FILES];
};

/* The directory that may be read; -1: none. */
static int shared = -1;

/* The child's: its end of the socket, and the numbers by descriptor. */
static int asked = -1;
static int numbers[FILES];

/* A message with a descriptor, or without one if that is -1. */
static int
send_with(int to, const void *bytes, size_t length, int fd)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof fd)];
	} control = { .header = { .cmsg_len = CMSG_LEN(sizeof fd),
			  .cmsg_level = SOL_SOCKET,
			  .cmsg_type = SCM_RIGHTS } };
	char copy[sizeof(struct answer) > sizeof(struct request)
		      ? sizeof(struct answer)
		      : sizeof(struct request)];
	struct iovec part = { .iov_base = copy, .iov_len = length };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	memcpy(copy, bytes, length);
	if (fd >= 0) {
		memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
		message.msg_control = &control;
		message.msg_controllen = sizeof control.room;
	}
	return sendmsg(to, &message, MSG_NOSIGNAL) == (ssize_t)length ? 0 : -1;
}

/* Its counterpart: 1, 0 at the end, -1.  *fd is -1 if there came none. */
static int
receive_with(int from, void *bytes, size_t length, int *fd)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof *fd)];
	} control = { .room = { 0 } };
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

static int
open_file(struct files *files, struct answer *answer)
{
	while (answer->file < FILES && files->fds[answer->file] >= 0)
		answer->file++;
	if (answer->file == FILES) {
		answer->error = EMFILE;
		return -1;
	}
	files->fds[answer->file] = publish_open(files->tmp, 0600);
	if (files->fds[answer->file] < 0)
		answer->error = errno;
	return files->fds[answer->file];
}

/* Of the directory that the user has named, as he could open it himself. */
static int
open_shared(const struct request *request, struct answer *answer)
{
	int fd = -1;

	if (memchr(request->path, '\0', sizeof request->path) == NULL)
		errno = ENAMETOOLONG;
	else
		fd = beneath_open(
		    shared, request->path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	answer->error = fd < 0 ? errno : 0;
	return fd;
}

static void
name_file(const struct files *files, int file, struct answer *answer)
{
	autofree char *self = xasprintf("/proc/self/fd/%d", files->fds[file]);
	autofree char *path = NULL;
	char uuid[UUID_SIZE];

	uuid_make(uuid);
	(void)snprintf(answer->name, sizeof answer->name, "fetch-%s", uuid);
	path = xasprintf("%s/cas/tmp/%s", dirs_data(), answer->name);
	filter_unlink_on_failure(path);
	if (linkat(AT_FDCWD, self, files->tmp, answer->name,
		AT_SYMLINK_FOLLOW) < 0)
		answer->error = errno;
}

/* One request.  Returns the descriptor that is to go with the answer, or -1. */
static int
serve(struct files *files, const struct request *request, struct answer *answer)
{
	if (request->verb == OPEN)
		return open_file(files, answer);
	if (request->verb == READ)
		return open_shared(request, answer);
	if (request->file < 0 || request->file >= FILES ||
	    files->fds[request->file] < 0) {
		answer->error = EBADF;
		return -1;
	}
	if (request->verb == NAME) {
		name_file(files, request->file, answer);
		return -1;
	}
	(void)close(files->fds[request->file]);
	files->fds[request->file] = -1;
	return -1;
}

static _Noreturn void
keep(int socket, int tmp, pid_t child)
{
	struct files files = { .tmp = tmp };
	struct request request;
	int none;

	for (size_t i = 0; i < FILES; i++)
		files.fds[i] = -1;
	while (receive_with(socket, &request, sizeof request, &none) == 1) {
		struct answer answer = { 0 };
		int fd = serve(&files, &request, &answer);
		autofd int lent = request.verb == READ ? fd : -1;

		if (send_with(socket, &answer, sizeof answer, fd) < 0)
			break;
	}
	/* Whatever ended the talk: there is no more to be said. */
	(void)close(socket);
	filter_follow(child, "the process that does the work");
}

void
keeper_confine(const struct confine *plan)
{
	/* What the store remembers of a URL: open to all. */
	autofree char *remote = xasprintf("%s/cas/remote", dirs_data());
	autofree char *images = xasprintf("%s/cas/image", dirs_data());
	const struct confine_path more[] = { { remote, CONFINE_READ },
		{ images, CONFINE_READ }, { NULL, 0 } };
	pid_t keeper = getpid(), child;
	int tmp = dirs_open_data("cas/tmp");
	int ends[2];

	if (tmp < 0 && errno == EBADMSG)
		filter_failx(EX_CONFIG, "%s: the store of another rkt (cas/db)",
		    dirs_data());
	if (tmp < 0)
		filter_fail(EX_CANTCREAT, "%s/cas/tmp", dirs_data());
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0 ||
	    (child = fork()) < 0)
		filter_fail(EX_OSERR, "cannot start a process");
	if (child > 0) {
		(void)close(ends[0]);
		keep(ends[1], tmp, child);
	}
	(void)close(ends[1]);
	(void)close(tmp);
	asked = ends[0];
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != keeper)
		_exit(EX_OSERR);
	if (confine(plan, more) < 0)
		filter_fail(EX_OSERR, "cannot give up rights");
}

/* Returns the descriptor that came along, or -1; errno says what went wrong. */
static int
ask(const struct request *request, struct answer *answer)
{
	int got = -1;

	if (send_with(asked, request, sizeof *request, -1) < 0 ||
	    receive_with(asked, answer, sizeof *answer, &got) != 1)
		filter_failx(
		    EX_OSERR, "the process that keeps the files: gone");
	errno = answer->error;
	return got;
}

int
keeper_open(void)
{
	struct answer answer;
	const struct request request = { .verb = OPEN };
	int fd = ask(&request, &answer);

	if (fd >= FILES) {
		(void)close(fd);
		errno = EMFILE;
		return -1;
	}
	if (fd >= 0)
		numbers[fd] = answer.file;
	return fd;
}

void
keeper_share(int dir)
{
	shared = dir;
}

int
keeper_read(const char *path)
{
	struct request request = { .verb = READ };
	struct answer answer;

	if (strlen(path) >= sizeof request.path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(request.path, path, strlen(path));
	return ask(&request, &answer);
}

void
keeper_close(int fd)
{
	const struct request request = { .verb = CLOSE, .file = numbers[fd] };
	struct answer answer;

	(void)ask(&request, &answer);
	(void)close(fd);
}

char *
keeper_name(int fd)
{
	const struct request request = { .verb = NAME, .file = numbers[fd] };
	struct answer answer;

	(void)ask(&request, &answer);
	if (answer.error != 0)
		return NULL;
	answer.name[sizeof answer.name - 1] = '\0';
	return xasprintf("%s/cas/tmp/%s", dirs_data(), answer.name);
}
