/* SPDX-License-Identifier: Apache-2.0 */
/* terminal - the pod's own, and the caller's while it is lent */

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "prog.h"
#include "scope.h"
#include "terminal.h"

/* The one that exit must give back. */
static struct terminal *lent;

/* A description of our own, so that O_NONBLOCK is nobody else's. */
static int
reopen(int fd, int flags)
{
	char path[32];

	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

bool
terminal_find(struct terminal *terminal, bool interactive)
{
	bool is[3];

	for (int i = 0; i < 3; i++)
		is[i] = isatty(i) == 1;
	*terminal = (struct terminal){
		.master = -1,
		.slave = -1,
		.number = -1,
		.input = -1,
		.output = -1,
		.interactive = interactive,
	};
	if (is[0]) {
		terminal->input = reopen(0, O_RDONLY);
		if (terminal->input < 0 ||
		    tcgetattr(terminal->input, &terminal->saved) < 0)
			prog_die("terminal");
	}
	if (!is[1] && !is[2] && !(is[0] && interactive))
		return false;
	terminal->output = reopen(is[1] ? 1 : is[2] ? 2 : 0, O_WRONLY);
	if (terminal->output < 0)
		prog_die("terminal");
	return true;
}

int
terminal_new(int pts, int *master, int *slave)
{
	const struct winsize size = { .ws_row = 24, .ws_col = 80 };
	int ptmx = openat(pts, "ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	int unlock = 0, number = -1;

	*master = ptmx;
	if (ptmx < 0 || ioctl(ptmx, TIOCSPTLCK, &unlock) < 0 ||
	    ioctl(ptmx, TIOCGPTN, &number) < 0)
		prog_die("the pod's terminal");
	*slave = ioctl(ptmx, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*slave < 0 || fcntl(ptmx, F_SETFL, O_NONBLOCK) < 0 ||
	    ioctl(ptmx, TIOCSWINSZ, &size) < 0)
		prog_die("the pod's terminal");
	return number;
}

void
terminal_make(struct terminal *terminal, int pts)
{
	struct termios mode;

	terminal->number =
	    terminal_new(pts, &terminal->master, &terminal->slave);
	if (tcgetattr(terminal->output, &mode) < 0)
		prog_die("the pod's terminal");
	/* Newlines become CR LF once: by us if we leave the caller's raw. */
	if (!terminal->interactive)
		mode.c_oflag &= ~(tcflag_t)OPOST;
	if (tcsetattr(terminal->slave, TCSANOW, &mode) < 0)
		prog_die("the pod's terminal");
	terminal_resize(terminal);
}

int
terminal_stream(const struct terminal *terminal, int i)
{
	return terminal->slave >= 0 && isatty(i) ? terminal->slave : i;
}

/* Is it another job's now?  Reading from it, or setting it, would stop us. */
static bool
in_background(const struct terminal *terminal)
{
	pid_t front = tcgetpgrp(terminal->input);

	return front >= 0 && front != getpgrp();
}

/* Before something ends us that nobody has foreseen. */
static void
end_of_us(int number)
{
	terminal_restore();
	(void)raise(number);
}

/*
 * Whichever signal ends a process when nobody waits for it: those that are
 * waited for are blocked.  Not SIGKILL: there, reset(1) has to do.
 */
static void
guard(void)
{
	struct sigaction action = { .sa_handler = end_of_us,
		.sa_flags = (int)(SA_RESETHAND | SA_NODEFER) };

	for (int number = 1; number <= SIGRTMAX; number++) {
		struct sigaction old;

		switch (number) {
		case SIGCHLD:
		case SIGCONT:
		case SIGSTOP:
		case SIGTSTP:
		case SIGTTIN:
		case SIGTTOU:
		case SIGURG:
		case SIGWINCH:
			continue;
		default:
			break;
		}
		if (sigaction(number, NULL, &old) == 0 &&
		    old.sa_handler == SIG_DFL)
			(void)sigaction(number, &action, NULL);
	}
}

void
terminal_lend(struct terminal *terminal)
{
	struct termios mode = terminal->saved;

	if (terminal->input < 0)
		return;
	/* Who is in front has made it theirs since. */
	if (in_background(terminal)) {
		terminal->lent = false;
		return;
	}
	if (terminal->interactive)
		cfmakeraw(&mode);
	else
		mode.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	if (lent == NULL && atexit(terminal_restore) != 0)
		prog_die("atexit");
	if (lent == NULL)
		guard();
	lent = terminal;
	if (tcsetattr(terminal->input, TCSADRAIN, &mode) == 0)
		terminal->lent = true;
}

/* Also called by a signal's handler: it may not wait for the output. */
void
terminal_restore(void)
{
	if (lent == NULL || !lent->lent)
		return;
	lent->lent = false;
	if (!in_background(lent))
		(void)tcsetattr(lent->input, TCSANOW, &lent->saved);
}

/* One that says 0 does not know its size, as a serial line's. */
void
terminal_resize(const struct terminal *terminal)
{
	struct winsize size;

	if (terminal->master >= 0 &&
	    ioctl(terminal->output, TIOCGWINSZ, &size) == 0 &&
	    size.ws_row > 0 && size.ws_col > 0)
		(void)ioctl(terminal->master, TIOCSWINSZ, &size);
}
