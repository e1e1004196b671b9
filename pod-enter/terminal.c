/* SPDX-License-Identifier: Apache-2.0 */
/* terminal - the pod's own, and the caller's while it is lent */

#include <fcntl.h>
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

void
terminal_lend(struct terminal *terminal)
{
	struct termios mode = terminal->saved;

	if (terminal->input < 0 || in_background(terminal))
		return;
	if (terminal->interactive)
		cfmakeraw(&mode);
	else
		mode.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	if (lent == NULL && atexit(terminal_restore) != 0)
		prog_die("atexit");
	lent = terminal;
	if (tcsetattr(terminal->input, TCSADRAIN, &mode) == 0)
		terminal->lent = true;
}

void
terminal_restore(void)
{
	if (lent == NULL || !lent->lent)
		return;
	lent->lent = false;
	(void)tcsetattr(lent->input, TCSADRAIN, &lent->saved);
}

void
terminal_resize(const struct terminal *terminal)
{
	struct winsize size;

	if (terminal->master >= 0 &&
	    ioctl(terminal->output, TIOCGWINSZ, &size) == 0)
		(void)ioctl(terminal->master, TIOCSWINSZ, &size);
}
