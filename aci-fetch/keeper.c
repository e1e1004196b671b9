/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keeper - the half of a program that may write in the store's tmp
 *
 * Child and keeper talk over a socket, a request and its answer at a time.  The
 * child never hands over a descriptor or a name: it says which of the keeper's
 * own files, and which of the URLs that both know, it means, by number.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc.h"
#include "confine.h"
#include "dirs.h"
#include "etag.h"
#include "filter.h"
#include "keeper.h"
#include "message.h"
#include "path.h"
#include "prog.h"
#include "scope.h"
#include "shelf.h"
#include "store.h"
#include "uuid.h"

enum verb { OPEN, TAKE, NOTE, NAME, CLOSE, READ };

struct request {
	enum verb verb;
	int file;                /* number; of NOTE, NAME and CLOSE */
	int url;                 /* number; of TAKE and NOTE */
	char etag[ETAG_MAX + 1]; /* of NOTE */
	char path[96];           /* of READ */
};

struct answer {
	int error; /* errno; 0: done */
	int file;  /* its number, if the descriptor of one comes along */
	char name[sizeof "fetch-" + UUID_SIZE];
	char etag[ETAG_MAX + 1]; /* of TAKE */
};

struct keeper {
	int socket;
	pid_t child;
	struct shelf *shelf;
};

/* The directory that may be read; -1: none. */
static int shared = -1;

/* Known to both from before there were two. */
enum { URLS = 16 };
static char *expected[URLS];
static size_t expected_count;

/* The signal that is to end the keeper; 0: none came. */
static volatile sig_atomic_t ended_by;

/* The child's: its end of the socket, and the numbers by descriptor. */
static int asked = -1;
static int numbers[SHELF_SIZE];

/* Of the directory that the user has named, as he could open it himself. */
static int
open_shared(const char *path)
{
	return beneath_open(shared, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
}

static const char *
expected_url(int number)
{
	return number >= 0 && (size_t)number < expected_count ? expected[number]
							      : NULL;
}

static int
take(
    struct keeper *keeper, const struct request *request, struct answer *answer)
{
	const char *url = expected_url(request->url);
	const char *etag = NULL;
	int fd;

	if (url == NULL) {
		errno = EINVAL;
		return -1;
	}
	fd = shelf_take(keeper->shelf, url, &answer->file, &etag);
	if (fd >= 0)
		(void)snprintf(answer->etag, sizeof answer->etag, "%s", etag);
	return fd;
}

static int
name(
    struct keeper *keeper, const struct request *request, struct answer *answer)
{
	autofree char *given = NULL;

	if (shelf_name(keeper->shelf, request->file, &given) < 0)
		return -1;
	(void)snprintf(answer->name, sizeof answer->name, "%s", given);
	return 0;
}

/* Returns 0, or the descriptor that is to go along; -1 and errno. */
static int
serve(
    struct keeper *keeper, const struct request *request, struct answer *answer)
{
	switch (request->verb) {
	case OPEN:
		return shelf_open(keeper->shelf, &answer->file);
	case TAKE:
		return take(keeper, request, answer);
	case NOTE:
		return shelf_note(keeper->shelf, request->file,
		    expected_url(request->url), request->etag);
	case NAME:
		return name(keeper, request, answer);
	case CLOSE:
		return shelf_close(keeper->shelf, request->file);
	case READ:
		return open_shared(request->path);
	}
	errno = EINVAL;
	return -1;
}

/* One request and its answer.  Returns 0, or -1 if nobody hears it. */
static int
answer_one(struct keeper *keeper, struct request *request)
{
	struct answer answer = { 0 };
	int result, sent;

	request->etag[sizeof request->etag - 1] = '\0';
	request->path[sizeof request->path - 1] = '\0';
	result = serve(keeper, request, &answer);
	answer.error = result < 0 ? errno : 0;
	sent = message_send(
	    keeper->socket, &answer, sizeof answer, result > 0 ? result : -1);
	/* All others stay on the shelf. */
	if (request->verb == READ && result >= 0)
		(void)close(result);
	return sent;
}

static void
on_end(int number)
{
	ended_by = number;
}

/* The signals that end a filter. */
static const int ends[] = { SIGHUP, SIGINT, SIGTERM };
enum { ENDS = sizeof ends / sizeof *ends };

/*
 * Has them end the keeper in its own time: they come only where the mask is
 * old.  before is what was to be done; what was ignored stays so.
 */
static void
catch_ends(struct sigaction before[ENDS], sigset_t *old)
{
	const struct sigaction action = { .sa_handler = on_end };
	sigset_t blocked;

	(void)sigemptyset(&blocked);
	for (size_t i = 0; i < ENDS; i++) {
		(void)sigaddset(&blocked, ends[i]);
		(void)sigaction(ends[i], NULL, &before[i]);
		if (before[i].sa_handler != SIG_IGN)
			(void)sigaction(ends[i], &action, NULL);
	}
	(void)sigprocmask(SIG_BLOCK, &blocked, old);
}

/* Does to the keeper what the signal was to do; returns if there was none. */
static void
end_by_signal(const struct sigaction before[ENDS], const sigset_t *old)
{
	for (size_t i = 0; i < ENDS; i++)
		(void)sigaction(ends[i], &before[i], NULL);
	(void)sigprocmask(SIG_SETMASK, old, NULL);
	if (ended_by != 0)
		(void)raise(ended_by);
}

/* Waits for a request: is there one? */
static bool
next_request(
    const struct keeper *keeper, const sigset_t *old, struct request *request)
{
	struct pollfd wait = { .fd = keeper->socket, .events = POLLIN };
	int none;

	while (ended_by == 0)
		if (ppoll(&wait, 1, NULL, old) == 1)
			return message_receive(keeper->socket, request,
				   sizeof *request, &none) == 1;
	return false;
}

static bool
has_failed(pid_t child)
{
	siginfo_t info = { 0 };

	while (waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT) < 0 &&
	       errno == EINTR)
		;
	return info.si_code != CLD_EXITED || info.si_status != 0;
}

static _Noreturn void
keep(struct keeper *keeper)
{
	struct sigaction before[ENDS];
	sigset_t old;
	struct request request;

	catch_ends(before, &old);
	while (next_request(keeper, &old, &request) &&
	       answer_one(keeper, &request) == 0)
		;
	/* Whatever ended the talk: there is no more to be said. */
	(void)close(keeper->socket);
	if (ended_by != 0)
		(void)kill(keeper->child, SIGKILL);
	shelf_settle(keeper->shelf, has_failed(keeper->child));
	end_by_signal(before, &old);
	filter_follow(keeper->child, "the process that does the work");
}

static int
open_tmp(void)
{
	int tmp = dirs_open_data("cas/tmp"), status = EX_CANTCREAT;

	if (tmp < 0) {
		autofree char *why = store_failure("cas/tmp", &status);

		filter_failx(status, "%s", why);
	}
	return tmp;
}

void
keeper_confine(const struct confine *plan)
{
	/* What the store remembers of a URL: open to all. */
	autofree char *remote = xasprintf("%s/cas/remote", dirs_data());
	autofree char *images = xasprintf("%s/cas/image", dirs_data());
	const struct confine_path more[] = { { remote, CONFINE_READ },
		{ images, CONFINE_READ }, { NULL, 0 } };
	struct keeper keeper = { 0 };
	autofd int tmp = open_tmp();
	pid_t own = getpid();
	int sockets[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) <
		0 ||
	    (keeper.child = fork()) < 0)
		filter_fail(EX_OSERR, "cannot start a process");
	if (keeper.child > 0) {
		(void)close(sockets[0]);
		keeper.socket = sockets[1];
		keeper.shelf = shelf_new(tmp);
		keep(&keeper);
	}
	(void)close(sockets[1]);
	asked = sockets[0];
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != own)
		_exit(EX_OSERR);
	if (confine(plan, more) < 0)
		filter_fail(EX_OSERR, "cannot give up rights");
}

void
keeper_expect(const char *url)
{
	if (expected_count < URLS)
		expected[expected_count++] = xstrdup(url);
}

void
keeper_share(int dir)
{
	shared = dir;
}

/* Returns the descriptor that came along, or -1; errno says what went wrong. */
static int
ask(const struct request *request, struct answer *answer)
{
	int got = -1;

	if (message_send(asked, request, sizeof *request, -1) < 0 ||
	    message_receive(asked, answer, sizeof *answer, &got) != 1)
		filter_failx(
		    EX_OSERR, "the process that keeps the files: gone");
	errno = answer->error;
	return got;
}

/* The same for a file, which is known by its number to the keeper. */
static int
ask_file(const struct request *request, struct answer *answer)
{
	int fd = ask(request, answer);

	if (fd >= SHELF_SIZE) {
		(void)close(fd);
		errno = EMFILE;
		return -1;
	}
	if (fd >= 0)
		numbers[fd] = answer->file;
	return fd;
}

int
keeper_open(void)
{
	const struct request request = { .verb = OPEN };
	struct answer answer;

	return ask_file(&request, &answer);
}

static int
url_number(const char *url)
{
	for (size_t i = 0; i < expected_count; i++)
		if (strcmp(expected[i], url) == 0)
			return (int)i;
	return -1;
}

int
keeper_take(const char *url, char **etag)
{
	const struct request request = { .verb = TAKE, .url = url_number(url) };
	struct answer answer;
	int fd = ask_file(&request, &answer);

	if (fd >= 0)
		*etag = xstrndup(answer.etag, ETAG_MAX);
	return fd;
}

void
keeper_note(int fd, const char *url, const char *etag)
{
	struct request request = {
		.verb = NOTE, .file = numbers[fd], .url = url_number(url)
	};
	struct answer answer;

	(void)snprintf(
	    request.etag, sizeof request.etag, "%s", etag == NULL ? "" : etag);
	(void)ask(&request, &answer);
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

void
keeper_close(int fd)
{
	const struct request request = { .verb = CLOSE, .file = numbers[fd] };
	struct answer answer;

	(void)ask(&request, &answer);
	(void)close(fd);
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
