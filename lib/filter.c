/* SPDX-License-Identifier: Apache-2.0 */
/* filter - the frame of every filter: a record in, a record out */

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc.h"
#include "dirs.h"
#include "filter.h"
#include "prog.h"
#include "record.h"
#include "scope.h"

/* An image has 128 layers at most, a manifest, a configuration, signatures. */
enum { DROPS = 160 };

static const char *step = "";
static bool quiet;
static int fail_status; /* if not 0, that of every failure */
static void (*pipe_was)(int) = SIG_DFL, (*size_was)(int) = SIG_DFL;
static char *drops[DROPS];
static volatile sig_atomic_t drop_count;
static void (*undo)(void);
static bool any; /* has a record been read? */
static const int ends[] = { SIGHUP, SIGINT, SIGTERM };
static volatile sig_atomic_t waiting; /* for a record that may name files */
static volatile sig_atomic_t ended;   /* meanwhile, by this signal */

static void
drop_files(void)
{
	for (sig_atomic_t i = 0; i < drop_count; i++)
		(void)unlink(drops[i]);
}

/* Interrupted at a keyboard, say: what the pipe has downloaded goes. */
static void
on_end(int number)
{
	if (waiting) {
		ended = number;
		return;
	}
	drop_files();
	(void)raise(number); /* blocked till we return; then it ends us */
}

void
filter_start(const char *name, bool be_quiet)
{
	const struct sigaction action = { .sa_handler = on_end,
		.sa_flags = (int)SA_RESETHAND };
	struct sigaction was;

	step = name;
	quiet = be_quiet;
	/* A reader that is gone is an error like others, and so is a limit. */
	pipe_was = signal(SIGPIPE, SIG_IGN);
	size_was = signal(SIGXFSZ, SIG_IGN);
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		/* What is ignored (nohup(1)) stays so. */
		if (sigaction(ends[i], NULL, &was) == 0 &&
		    was.sa_handler == SIG_DFL)
			(void)sigaction(ends[i], &action, NULL);
}

void
filter_fail_as(int status)
{
	prog_set_status(status);
	fail_status = status;
}

void
filter_hand_over(void)
{
	(void)signal(SIGPIPE, pipe_was);
	(void)signal(SIGXFSZ, size_was);
}

void
filter_unlink_on_failure(const char *path)
{
	if (drop_count == DROPS)
		errx(EX_SOFTWARE, "%s: too many files to drop", path);
	drops[drop_count] = xstrdup(path);
	drop_count++; /* a signal may come at any time */
}

static void
own(const json_t *path)
{
	const char *text = json_string_value(path);

	if (text != NULL && dirs_in_tmp(text))
		filter_unlink_on_failure(text);
}

/* All files that it names and that lie in the store's tmp. */
static void
own_fetched(const json_t *record)
{
	static const char *const files[] = { "aci", "asc", "manifest",
		"config" };
	const json_t *fetch = json_object_get(record, "fetch");
	const json_t *item;
	size_t i;

	for (i = 0; i < sizeof files / sizeof *files; i++)
		own(json_object_get(fetch, files[i]));
	json_array_foreach(json_object_get(fetch, "signatures"), i, item)
	    own(item);
	json_array_foreach(json_object_get(fetch, "layers"), i, item)
	    own(json_object_get(item, "path"));
	own(record_get(record, "convert.manifest"));
}

void
filter_unlink_now(void)
{
	drop_files();
}

/*
 * Not by exit(3): what a failing filter still holds is not to be released
 * first by the libraries, nor to be called a leak.
 */
static _Noreturn void
leave(int status)
{
	(void)fflush(stdout);
	_exit(status != 0 && fail_status != 0 ? fail_status : status);
}

void
filter_undo_on_failure(void (*function)(void))
{
	undo = function;
}

void
filter_quit(int status)
{
	if (undo != NULL)
		undo();
	drop_files();
	/* The reader must end with our status even in a plain sh pipe. */
	if (!quiet)
		(void)printf("{\"v\":1,\"error\":{\"step\":\"%s\","
			     "\"status\":%d}}\n",
		    step, status);
	leave(status);
}

void
filter_fail(int status, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vwarn(format, arguments);
	va_end(arguments);
	filter_quit(status);
}

void
filter_failx(int status, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vwarnx(format, arguments);
	va_end(arguments);
	filter_quit(status);
}

void
filter_follow(pid_t child, const char *what)
{
	int status = 0;

	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		filter_failx(
		    EX_OSERR, "%s: %s", what, strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status) != 0)
		drop_files();
	leave(WEXITSTATUS(status));
}

/* One line of stdin, without its newline; NULL at the end of the input. */
static char *
read_line(size_t *length)
{
	static char line[RECORD_MAX + 1];
	size_t used = 0;
	int c;

	while ((c = getchar_unlocked()) != EOF && c != '\n') {
		if (used == RECORD_MAX - 1)
			filter_failx(EX_DATAERR,
			    "stdin: record longer than %d bytes", RECORD_MAX);
		line[used++] = (char)c;
	}
	if (ferror(stdin))
		filter_fail(EX_IOERR, "stdin");
	*length = used;
	return c == EOF && used == 0 ? NULL : line;
}

/* Somebody before us failed and has said why: pass it on, and follow. */
static void
follow_error(const json_t *record)
{
	json_t *error = json_object_get(record, "error");
	int64_t status = record_number(error, "status", EX_SOFTWARE);

	if (error == NULL)
		return;
	if (!quiet) {
		autofree char *line = record_line(record);

		(void)printf("%s\n", line);
	}
	leave(status > 0 && status < 256 ? (int)status : EX_SOFTWARE);
}

static json_t *
parse(const char *line, size_t length)
{
	char *why = NULL;
	json_t *record = json_parse(line, length, &why);

	if (record == NULL)
		filter_failx(EX_DATAERR, "stdin: %s", why);
	if (!json_is_object(record) || record_number(record, "v", 0) != 1)
		filter_failx(EX_DATAERR, "stdin: not a record of version 1");
	follow_error(record);
	return record;
}

json_t *
filter_read_next(void)
{
	size_t length = 0;
	char *line;

	if (!any && isatty(STDIN_FILENO))
		filter_failx(EX_USAGE, "stdin: a terminal, not a record");
	line = read_line(&length);
	if (line == NULL && !any)
		filter_failx(EX_NOINPUT, "stdin: no record");
	any = true;
	return line == NULL ? NULL : parse(line, length);
}

static void
check_last(void)
{
	size_t length = 0;

	if (read_line(&length) != NULL)
		filter_failx(EX_DATAERR, "stdin: more than one record");
}

json_t *
filter_read(void)
{
	json_t *record = filter_read_next();

	check_last();
	return record;
}

/* Ends as the signal would have done that came while we waited. */
static void
end_late(void)
{
	if (ended == 0)
		return;
	drop_files();
	(void)signal(ended, SIG_DFL);
	(void)raise(ended);
}

/*
 * Until there is something to read, or never will be.  From then on signals
 * are held back, till *was is put back: who has sent the record believes that
 * we take care of its files.
 */
static void
await_record(sigset_t *was)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	sigset_t held;

	(void)sigemptyset(&held);
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		(void)sigaddset(&held, ends[i]);
	(void)sigprocmask(SIG_BLOCK, &held, was);
	waiting = 1;
	while (ended == 0 && ppoll(&in, 1, NULL, was) < 0 && errno == EINTR)
		;
	waiting = 0;
	if (ended == 0 || poll(&in, 1, 0) > 0)
		return;
	(void)sigprocmask(SIG_SETMASK, was, NULL);
	end_late();
}

json_t *
filter_take(void)
{
	json_t *record;
	sigset_t was;

	await_record(&was);
	record = filter_read_next();
	own_fetched(record);
	(void)sigprocmask(SIG_SETMASK, &was, NULL);
	end_late();
	check_last();
	return record;
}

void
filter_write(const json_t *record)
{
	autofree char *line = record_line(record);

	if (*line == '\0' || strlen(line) >= RECORD_MAX)
		filter_failx(EX_DATAERR, "stdout: record longer than %d bytes",
		    RECORD_MAX);
	/* Now, and not at the end, while what the record names can still go. */
	if (printf("%s\n", line) < 0 || fflush(stdout) != 0)
		filter_fail(EX_IOERR, "stdout");
}
