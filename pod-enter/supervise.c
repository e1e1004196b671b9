/* SPDX-License-Identifier: Apache-2.0 */
/* supervise - what pod-enter does while the pod runs */

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "prog.h"
#include "scope.h"
#include "supervise.h"
#include "terminal.h"

enum {
	ESCAPE_KEY = 0x1d, /* ^] */
	ESCAPE_TIMES = 3,
	DRAIN_MS = 1000, /* for the last bytes, if nobody takes them */
	FRONT_MS = 500,  /* how often to ask if the terminal is ours */
};

/* Bytes on their way from one terminal to the other. */
struct pump {
	int from; /* -1: there are no more */
	int to;
	char bytes[4096];
	size_t start;
	size_t end;
};

struct supervisor {
	struct terminal *terminal;
	pid_t pid;
	bool joined;
	bool interrupted;
	int64_t escapes[ESCAPE_TIMES]; /* when, the last one first; 0: none */
	struct pump in;
	struct pump out;
};

/* Of supervise_on_ready(); -1: nothing to wait for. */
static int ready_fd = -1;
static void (*when_ready)(void);

/* What the caller has ignored, nohup(1) SIGHUP say, is not for us either. */
static void
add_signals(sigset_t *set, const int *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct sigaction action;

		if (sigaction(numbers[i], NULL, &action) == 0 &&
		    action.sa_handler != SIG_IGN)
			(void)sigaddset(set, numbers[i]);
	}
}

static void
wanted_signals(const struct terminal *terminal, sigset_t *set)
{
	static const int always[] = { SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT,
		SIGPIPE, SIGALRM, SIGUSR1, SIGUSR2 };
	static const int with_terminal[] = { SIGWINCH, SIGTSTP, SIGCONT };

	(void)sigemptyset(set);
	add_signals(set, always, sizeof always / sizeof *always);
	if (terminal->input < 0 && terminal->output < 0)
		return;
	add_signals(
	    set, with_terminal, sizeof with_terminal / sizeof *with_terminal);
}

void
supervise_prepare(const struct terminal *terminal)
{
	sigset_t set;

	/* A caller may have left it ignored: then nobody could be waited for.
	 */
	(void)signal(SIGCHLD, SIG_DFL);
	wanted_signals(terminal, &set);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
}

void
supervise_on_ready(int fd, void (*what)(void))
{
	ready_fd = fd;
	when_ready = what;
}

static void
take_ready(void)
{
	char word;

	if (read(ready_fd, &word, 1) == 1)
		when_ready();
	ready_fd = -1;
}

/* Has the key that ends it all been pressed often and fast enough? */
static bool
is_escape(struct supervisor *s, const char *bytes, size_t count)
{
	const size_t older = sizeof s->escapes - sizeof *s->escapes;
	const int64_t time = clock_steady();

	for (size_t i = 0; i < count; i++) {
		if (bytes[i] != ESCAPE_KEY) {
			memset(s->escapes, 0, sizeof s->escapes);
			continue;
		}
		memmove(s->escapes + 1, s->escapes, older);
		s->escapes[0] = time;
		if (s->escapes[ESCAPE_TIMES - 1] != 0 &&
		    time - s->escapes[ESCAPE_TIMES - 1] <= CLOCK_SECOND)
			return true;
	}
	return false;
}

/* Reads what there is; nothing for ever if the other side is gone. */
static size_t
fill(struct pump *pump)
{
	ssize_t n = read(pump->from, pump->bytes, sizeof pump->bytes);

	if (n > 0) {
		pump->start = 0;
		pump->end = (size_t)n;
		return (size_t)n;
	}
	/* A terminal whose other side is closed says EIO. */
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		pump->from = -1;
	return 0;
}

static void
empty(struct pump *pump)
{
	ssize_t n =
	    write(pump->to, pump->bytes + pump->start, pump->end - pump->start);

	if (n > 0)
		pump->start += (size_t)n;
	else if (errno != EAGAIN && errno != EINTR)
		/* Nobody there any more: the pod goes on, unheard. */
		pump->start = pump->end;
}

static struct pollfd
poll_of(const struct pump *pump)
{
	if (pump->start < pump->end)
		return (struct pollfd){ .fd = pump->to, .events = POLLOUT };
	return (struct pollfd){ .fd = pump->from, .events = POLLIN };
}

static void
carry_in(struct supervisor *s)
{
	size_t n;

	if (s->in.start < s->in.end) {
		empty(&s->in);
		return;
	}
	n = fill(&s->in);
	if (!s->joined && is_escape(s, s->in.bytes, n))
		(void)kill(s->pid, SIGINT);
	/* Keys that are nobody's but ours. */
	if (s->in.to < 0)
		s->in.end = s->in.start;
}

static void
carry_out(struct supervisor *s)
{
	if (s->out.start < s->out.end)
		empty(&s->out);
	else
		(void)fill(&s->out);
}

static void
suspend(struct supervisor *s)
{
	terminal_restore();
	(void)raise(SIGSTOP);
	terminal_lend(s->terminal);
}

static void
take_signal(struct supervisor *s, int number)
{
	switch (number) {
	case SIGWINCH:
		terminal_resize(s->terminal);
		return;
	case SIGCONT:
		terminal_lend(s->terminal);
		terminal_resize(s->terminal);
		return;
	case SIGTSTP:
		suspend(s);
		return;
	case SIGCHLD:
	case SIGPIPE:
		return;
	default:
		break;
	}
	if (s->joined)
		(void)kill(s->pid, number);
	else if (number == SIGINT && s->interrupted)
		(void)kill(s->pid, SIGINT);
	else
		(void)kill(s->pid, SIGTERM);
	s->interrupted |= number == SIGINT;
}

/* Has it ended?  Then *status is what our own shall be. */
static bool
has_ended(const struct supervisor *s, int *status)
{
	int how;

	if (waitpid(s->pid, &how, WNOHANG) != s->pid)
		return false;
	*status = WIFSIGNALED(how) ? 128 + WTERMSIG(how) : WEXITSTATUS(how);
	return true;
}

/*
 * What was written before the end is still to be seen.  Who has joined a pod
 * may leave others behind, which write for ever.
 */
static void
drain(struct supervisor *s)
{
	const int64_t start = clock_steady();

	while (s->out.from >= 0 || s->out.start < s->out.end) {
		struct pollfd fd = poll_of(&s->out);

		if (poll(&fd, 1, DRAIN_MS) <= 0)
			break;
		if (s->joined && clock_steady() - start > CLOCK_SECOND)
			return;
		carry_out(s);
	}
	/* On the terminal itself this would only wait, too. */
	if (s->out.start < s->out.end && isatty(STDERR_FILENO) != 1)
		warnx("terminal: nobody reads from it: the end of the output "
		      "is lost");
}

/* Waits for what there is to do; keys are read while the terminal is ours. */
static void
wait_for(struct supervisor *s, struct pollfd fds[4])
{
	bool away = s->in.from >= 0 && !s->terminal->lent;

	fds[1] = poll_of(&s->in);
	fds[2] = poll_of(&s->out);
	fds[3] = (struct pollfd){ .fd = ready_fd, .events = POLLIN };
	/* A shell's fg says nothing to a job that runs already. */
	if (away)
		fds[1].fd = -1;
	if (poll(fds, 4, away ? FRONT_MS : -1) < 0 && errno != EINTR)
		prog_die("poll");
	if (away)
		terminal_lend(s->terminal);
}

int
supervise(struct terminal *terminal, pid_t pid, bool joined)
{
	struct supervisor s = {
		.terminal = terminal,
		.pid = pid,
		.joined = joined,
		.in = { .from = terminal->input,
		    .to = terminal->interactive ? terminal->master : -1 },
		.out = { .from = terminal->master, .to = terminal->output },
	};
	struct signalfd_siginfo signals;
	autofd int fd = -1;
	sigset_t set;
	int status = 0;

	wanted_signals(terminal, &set);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (fd < 0)
		prog_die("signalfd");
	if (terminal->slave >= 0)
		(void)close(terminal->slave);
	while (!has_ended(&s, &status)) {
		struct pollfd fds[4] = { { .fd = fd, .events = POLLIN } };

		wait_for(&s, fds);
		if ((fds[0].revents & POLLIN) != 0 &&
		    read(fd, &signals, sizeof signals) == sizeof signals)
			take_signal(&s, (int)signals.ssi_signo);
		if (fds[1].revents != 0)
			carry_in(&s);
		if (fds[2].revents != 0)
			carry_out(&s);
		if (fds[3].revents != 0)
			take_ready();
	}
	drain(&s);
	terminal_restore();
	return status;
}
