/* SPDX-License-Identifier: Apache-2.0 */
/* pod-attach - the terminal or the streams of an app of a running pod */
/*
 * pod-attach [--app=NAME] UUID
 *
 * What the app writes is read from its log, where pod-init puts it whether
 * anybody is attached or not; what it is to read goes to a copy of pod-init's
 * descriptor.  So nobody waits for who is attached, and nothing is left of it
 * but the place in the log at which the next one goes on.
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "follow.h"
#include "plan.h"
#include "prog.h"
#include "scope.h"
#include "target.h"
#include "terminal.h"
#include "usage.h"

enum {
	DETACH_FIRST = 0x10, /* ^P, and then */
	DETACH_THEN = 0x11,  /* ^Q */
	LOOK_MS = 200,       /* how often, if nobody says when */
	FRONT_MS = 500,
};

/* An attachment. */
struct attached {
	struct target target;
	uint32_t flags; /* of the app */
	struct terminal terminal;
	bool typed; /* the input is a terminal that is the app's while lent */
	bool first_pressed;
	int keys;  /* for the app's stdin or terminal; -1: it has none */
	int input; /* ours; -1: no more */
	bool told; /* that there is no more */
	char bytes[4096];
	size_t start, end;
	struct follower follower;
};

static const char usage[] =
    "usage: pod-attach [--app=NAME] UUID\n"
    "The terminal or the streams that an app was given; ^P ^Q leaves it.\n"
    "      --app=NAME  of several apps this one\n"
    "  -h, --help      print this\n"
    "      --version   print the version\n";

static const char *
read_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "app", required_argument, NULL, 'a' },
		USAGE_OPTIONS,
	};
	const char *app = NULL;
	int option;

	while ((option = usage_option(argc, argv, "h", options, usage)) != -1) {
		switch (option) {
		case 'a':
			app = optarg;
			break;
		}
	}
	if (argc - optind != 1)
		usage_wrong(usage);
	return app;
}

/* The other end of its stdin; -1: it has none, or none any more. */
static int
open_keys(const struct attached *a)
{
	int fd = target_copy(&a->target, plan_app_fd(a->target.app, FD_KEYS));
	struct stat file;
	char path[32];
	int own;

	if (fd < 0 || (a->flags & APP_PTY) != 0)
		return fd;
	/* pod-init has closed it, and has another there by now. */
	if (fstat(fd, &file) < 0 || !S_ISFIFO(file.st_mode)) {
		(void)close(fd);
		errno = EBADF;
		return -1;
	}
	/* A description of our own: whether it blocks is nobody else's. */
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	own = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	(void)close(fd);
	return own;
}

static void
open_app(struct attached *a)
{
	struct target *target = &a->target;
	const char *app = target_app(target, target->app);

	a->flags = target->plan->apps[target->app].flags;
	a->keys = -1;
	if ((a->flags & (APP_LOG | APP_PTY | APP_KEYS)) == 0)
		errx(EX_UNAVAILABLE,
		    "pod %s: %s was given neither a terminal nor streams",
		    target->pod.uuid, app);
	if ((a->flags & (APP_PTY | APP_KEYS)) != 0)
		a->keys = open_keys(a);
	/* Closed at the one end, or at the other. */
	if ((a->flags & (APP_PTY | APP_KEYS)) != 0 && a->keys < 0 &&
	    errno != EBADF && errno != ENXIO)
		err(EX_OSERR, "pod %s: stdin of %s", target->pod.uuid, app);
	follow_open(
	    &a->follower, &target->pod, (a->flags & APP_LOG) != 0 ? app : NULL);
}

/*
 * For an app with a terminal ours is lent to it.  For one with pipes it stays
 * as it is, with lines, ^C for us and ^D for the end.
 */
static void
open_ours(struct attached *a)
{
	bool pty = (a->flags & APP_PTY) != 0;

	(void)terminal_find(&a->terminal, pty);
	a->typed = pty && a->terminal.input >= 0;
	a->input = a->typed ? a->terminal.input : STDIN_FILENO;
	if (!pty)
		return;
	a->terminal.master = a->keys;
	terminal_resize(&a->terminal);
	terminal_lend(&a->terminal);
	if (a->terminal.lent)
		(void)fputs("Press ^P ^Q to detach\r\n", stderr);
}

/* What nobody takes is gone, as with a terminal's own line. */
static void
keep_key(struct attached *a, char key)
{
	if (a->end < sizeof a->bytes)
		a->bytes[a->end++] = key;
}

/* Takes the keys that detach out of the others; returns whether it is time. */
static bool
filter(struct attached *a, const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (a->first_pressed) {
			a->first_pressed = false;
			if (bytes[i] == DETACH_THEN)
				return true;
			keep_key(a, DETACH_FIRST);
		}
		if (a->typed && bytes[i] == DETACH_FIRST)
			a->first_pressed = true;
		else
			keep_key(a, bytes[i]);
	}
	return false;
}

/* The end of what we read is the end of the app's stdin, if a pipe. */
static void
end_input(struct attached *a)
{
	siginfo_t info = { .si_signo = SIGNAL_INPUT, .si_code = SI_QUEUE };

	a->told = true;
	if ((a->flags & APP_KEYS) == 0 || a->keys < 0)
		return;
	(void)close(a->keys);
	a->keys = -1;
	info.si_int = (int)a->target.app;
	if (syscall(SYS_pidfd_send_signal, a->target.process, SIGNAL_INPUT,
		&info, 0) < 0 &&
	    errno != ESRCH)
		warn("pod %s: stdin of %s stays open", a->target.pod.uuid,
		    target_app(&a->target, a->target.app));
}

/* Returns whether to leave: the keys were pressed, or our terminal is dead. */
static bool
take_input(struct attached *a)
{
	char bytes[sizeof a->bytes];
	size_t room = sizeof a->bytes - a->end;
	ssize_t n = read(a->input, bytes, a->typed ? sizeof bytes : room);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0 && a->typed)
		return true;
	if (n <= 0)
		a->input = -1;
	if (n > 0 && filter(a, bytes, (size_t)n))
		return true;
	if (a->keys < 0)
		a->start = a->end = 0;
	return false;
}

static void
pass_on(struct attached *a)
{
	ssize_t n = write(a->keys, a->bytes + a->start, a->end - a->start);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* An app that reads no more. */
	a->start = n < 0 ? a->end : a->start + (size_t)n;
	memmove(a->bytes, a->bytes + a->start, a->end - a->start);
	a->end -= a->start;
	a->start = 0;
}

/* Those that stop and go on are the terminal's, the others end us alone. */
static bool
take_signal(struct attached *a, int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof info) != sizeof info)
		return false;
	switch (info.ssi_signo) {
	case SIGTSTP:
		terminal_restore();
		(void)raise(SIGSTOP);
		break;
	case SIGCONT:
	case SIGWINCH:
		break;
	default:
		return true;
	}
	if ((a->flags & APP_PTY) != 0)
		terminal_lend(&a->terminal);
	terminal_resize(&a->terminal);
	return false;
}

static int
watch_signals(void)
{
	static const int wanted[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP,
		SIGCONT, SIGWINCH };
	sigset_t set;
	int fd;

	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigemptyset(&set);
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
		(void)sigaddset(&set, wanted[i]);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (fd < 0)
		err(EX_OSERR, "signalfd");
	return fd;
}

enum { SIGNALS, LOG, POD, INPUT, KEYS, OUT, SOURCES };

/* What there is to wait for, and for how long at most. */
static void
look(struct attached *a, enum progress progress, struct pollfd *fds)
{
	bool away = a->typed && !a->terminal.lent;
	bool full = a->end == sizeof a->bytes && !a->typed;
	int limit = progress == MORE                             ? 0
		    : away                                       ? FRONT_MS
		    : fds[LOG].fd < 0 && a->follower.app != NULL ? LOOK_MS
								 : -1;

	fds[INPUT].fd = away || full ? -1 : a->input;
	fds[KEYS].fd = a->start < a->end ? a->keys : -1;
	/* Without a byte for it, too: is anybody still there? */
	fds[OUT].fd = progress == BLOCKED ? a->follower.to : a->follower.out[0];
	fds[OUT].events = progress == BLOCKED ? POLLOUT : 0;
	if (poll(fds, SOURCES, limit) < 0 && errno != EINTR)
		err(EX_OSERR, "poll");
	if (away)
		terminal_lend(&a->terminal);
}

/* Until the pod has ended, or somebody wants to leave. */
static void
carry(struct attached *a)
{
	char events[4096];
	struct pollfd fds[SOURCES] = {
		[SIGNALS] = { .fd = watch_signals(), .events = POLLIN },
		[LOG] = { .fd = follow_watch(&a->follower), .events = POLLIN },
		[POD] = { .fd = a->target.process, .events = POLLIN },
		[INPUT] = { .events = POLLIN },
		[KEYS] = { .events = POLLOUT },
	};

	for (bool over = false;;) {
		enum progress progress = follow_show(&a->follower);

		if (progress == GONE || (over && progress == IDLE))
			return;
		/* What came before it is on its way first. */
		if (a->input < 0 && a->start == a->end && !a->told)
			end_input(a);
		look(a, progress, fds);
		if (fds[SIGNALS].revents != 0 &&
		    take_signal(a, fds[SIGNALS].fd))
			return;
		if (fds[LOG].revents != 0)
			(void)!read(fds[LOG].fd, events, sizeof events);
		if (fds[POD].revents != 0) {
			over = true;
			fds[POD].fd = -1;
		}
		if (fds[KEYS].revents != 0)
			pass_on(a);
		if (fds[INPUT].revents != 0 && take_input(a))
			return;
		if (progress == IDLE &&
		    (fds[OUT].revents & (POLLERR | POLLHUP)) != 0)
			return;
	}
}

int
main(int argc, char **argv)
{
	static struct attached attached = { .target.fd = -1 };
	const char *app;

	prog_start();
	app = read_options(argc, argv);
	prog_status = EX_UNAVAILABLE;
	target_find(argv[optind], &attached.target);
	target_plan(&attached.target);
	target_choose(&attached.target, app, "attach");
	open_app(&attached);
	open_ours(&attached);
	carry(&attached);
	follow_keep(&attached.follower);
	return 0;
}
