/* SPDX-License-Identifier: Apache-2.0 */
/* prog - what every program does first and last, and the exit statuses */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "num.h"
#include "prog.h"
#include "scope.h"

int prog_status = EX_OSERR;
static bool told; /* which status failures have */

/* A file that we open must never become somebody's stdout. */
static void
fill_standard(void)
{
	for (;;) {
		int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

		if (fd < 0)
			err(prog_status, "/dev/null");
		if (fd > STDERR_FILENO) {
			(void)close(fd);
			return;
		}
		/* A standard descriptor is for children too. */
		if (fcntl(fd, F_SETFD, 0) < 0)
			err(prog_status, "/dev/null");
	}
}

static bool
standard_open(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			return false;
	return true;
}

static void
start(void)
{
	char *name = getenv("RKT_PROG");

	if (name != NULL && *name != '\0')
		program_invocation_short_name = name;
	if (!standard_open())
		fill_standard();
	/* Ignored, as a caller may leave it, no child's end is told. */
	(void)signal(SIGCHLD, SIG_DFL);
}

void
prog_start(void)
{
	start();
	(void)umask(022);
}

void
prog_start_chain(void)
{
	prog_set_status(CHAIN_FAILED);
	start();
}

void
prog_set_status(int status)
{
	prog_status = status;
	told = true;
}

int
prog_status_or(int status)
{
	return told ? prog_status : status;
}

void
prog_fail_as(const char *text)
{
	uint64_t status;

	if (num_parse(text, 1, 255, &status) < 0)
		errx(prog_status_or(EX_USAGE),
		    "--fail-status: not a number from 1 to 255");
	prog_set_status((int)status);
}

void
prog_finish(void)
{
	if (ferror(stdout) || fflush(stdout) != 0)
		err(EX_IOERR, "stdout");
	if (fclose(stdout) != 0 && errno != EBADF)
		err(EX_IOERR, "stdout");
}

void
prog_die(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	verr(prog_status, format, arguments);
}

void
prog_diex(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	verrx(prog_status, format, arguments);
}

bool
prog_debug(void)
{
	const char *debug = getenv("RKT_DEBUG");

	return debug != NULL && *debug != '\0';
}

char *
prog_sibling(const char *name)
{
	char self[4096];
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
	char *slash;

	if (length < 0)
		prog_die("/proc/self/exe");
	self[length] = '\0';
	slash = strrchr(self, '/');
	if (slash == NULL)
		return xstrdup(name);
	return xasprintf("%.*s/%s", (int)(slash - self), self, name);
}

void
prog_become(char *const argv[])
{
	if (strchr(argv[0], '/') == NULL) {
		autofree char *beside = prog_sibling(argv[0]);

		(void)execv(beside, argv);
		if (errno == ENOENT)
			(void)execvp(argv[0], argv);
	} else {
		(void)execv(argv[0], argv);
	}
}

void
prog_chain(char *const argv[])
{
	prog_become(argv);
	err(errno == ENOENT ? CHAIN_NOTFOUND : CHAIN_NOEXEC, "%s", argv[0]);
}
