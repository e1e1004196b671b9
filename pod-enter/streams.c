/* SPDX-License-Identifier: Apache-2.0 */
/* streams - what each app has as 0, 1 and 2, and who has the other ends */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "alloc.h"
#include "dev.h"
#include "log.h"
#include "manifest.h"
#include "pod.h"
#include "prog.h"
#include "publish.h"
#include "record.h"
#include "scope.h"
#include "streams.h"
#include "terminal.h"
#include "userns.h"

/* journald's: a header, and then lines as they come. */
#define JOURNAL_SOCKET "/run/systemd/journal/stdout"

enum { INPUT, OUTPUT, ERRORS };

static const struct {
	enum app_fd fd;
	enum app_fd from;
	uint32_t flag;
	uint32_t from_flag;
} outputs[] = {
	[OUTPUT] = { FD_OUT, FD_FROM_OUT, APP_OUT, APP_FROM_OUT },
	[ERRORS] = { FD_ERR, FD_FROM_ERR, APP_ERR, APP_FROM_ERR },
};

/* What is being opened. */
struct opening {
	const struct pod *pod;
	const char *app;
	struct streams *streams;
	struct dev_shared *shared;
	const struct userns *userns;
	const char *log; /* "file", "journald" or "none" */
	uint64_t limit;
};

/* One of log, null, tty, stream; NULL: the caller's own. */
static const char *
choice_of(const json_t *run, size_t app, int stream)
{
	static const char *const names[] = { "stdin", "stdout", "stderr" };
	const char *choice = record_string(
	    json_array_get(json_object_get(run, "apps"), app), names[stream]);

	if (choice == NULL && json_is_true(json_object_get(run, "detach")))
		choice = stream == INPUT ? "null" : "log";
	return choice;
}

static void
open_log(const struct opening *o)
{
	int *fds = o->streams->fds;

	if ((o->streams->flags & APP_LOG) != 0)
		return;
	if (mkdirat(o->pod->dir, "log", 0700) < 0 && errno != EEXIST)
		prog_die("%s: log", o->app);
	if (log_open(o->pod->dir, o->app, o->limit, &fds[FD_LOG],
		&fds[FD_LOG_OTHER]) < 0)
		prog_die("%s: log", o->app);
	o->streams->flags |= APP_LOG;
}

/* The first app's is the console of the pod, unless its caller has one. */
static void
open_terminal(const struct opening *o)
{
	int *fds = o->streams->fds;
	int number;

	if ((o->streams->flags & APP_PTY) != 0)
		return;
	number = terminal_new(o->shared->pts, &fds[FD_KEYS], &fds[FD_TTY]);
	if (userns_give_terminal(o->userns, fds[FD_TTY]) < 0)
		prog_die("%s: terminal", o->app);
	if (o->shared->terminal < 0)
		o->shared->terminal = number;
	open_log(o);
	o->streams->flags |= APP_PTY | APP_TERMINAL;
}

static int
open_nothing(void)
{
	int fd = open("/dev/null", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		prog_die("/dev/null");
	return fd;
}

/* Only our end must not block: the other is as pipes are. */
static void
open_pipe(const struct opening *o, int *reader, int *writer, int ours)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0 ||
	    (ours >= 0 && fcntl(ends[ours], F_SETFL, O_NONBLOCK) < 0) ||
	    userns_give(o->userns, ends[0], "") < 0)
		prog_die("%s: pipe", o->app);
	*reader = ends[0];
	*writer = ends[1];
}

/*
 * A stream of the app's own to the journal, as systemd gives one to a service:
 * identifier, unit, level, prefixed levels, and to forward it nowhere.
 */
static int
open_journal(const struct opening *o, int stream)
{
	static const struct sockaddr_un journal = {
		.sun_family = AF_UNIX,
		.sun_path = JOURNAL_SOCKET,
	};
	autofree char *header = xasprintf("%s/%s\n\n%d\n0\n0\n0\n0\n",
	    o->pod->uuid, o->app, stream == ERRORS ? 4 : 6);
	autofd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const void *)&journal, sizeof journal) < 0 ||
	    shutdown(fd, SHUT_RD) < 0 ||
	    write_all(fd, header, strlen(header)) < 0)
		prog_die("%s: %s", o->app, JOURNAL_SOCKET);
	return take_fd(&fd);
}

static void
open_output(const struct opening *o, int stream, const char *choice)
{
	int *fds = o->streams->fds;
	int *fd = &fds[outputs[stream].fd];

	o->streams->flags |= outputs[stream].flag;
	if (strcmp(choice, "tty") == 0) {
		open_terminal(o);
		*fd = fds[FD_TTY];
	} else if (strcmp(choice, "null") == 0 ||
		   (strcmp(choice, "log") == 0 &&
		       strcmp(o->log, "none") == 0)) {
		*fd = open_nothing();
	} else if (strcmp(choice, "log") == 0 &&
		   strcmp(o->log, "journald") == 0) {
		*fd = open_journal(o, stream);
	} else {
		open_log(o);
		open_pipe(o, &fds[outputs[stream].from], fd, 0);
		o->streams->flags |= outputs[stream].from_flag;
	}
}

static void
open_input(const struct opening *o, const char *choice)
{
	int *fds = o->streams->fds;

	o->streams->flags |= APP_IN;
	if (strcmp(choice, "tty") == 0) {
		open_terminal(o);
		fds[FD_IN] = fds[FD_TTY];
	} else if (strcmp(choice, "stream") == 0) {
		/* The terminal's master would lie there: args refuses it. */
		if ((o->streams->flags & APP_PTY) != 0)
			prog_diex("%s: stdin: no terminal beside it", o->app);
		open_pipe(o, &fds[FD_IN], &fds[FD_KEYS], -1);
		o->streams->flags |= APP_KEYS;
	} else {
		fds[FD_IN] = open_nothing();
	}
}

struct streams *
streams_open(const struct pod *pod, const struct pod_manifest *manifest,
    const json_t *run, struct dev_shared *shared, const struct userns *userns)
{
	struct streams *all = xcalloc(manifest->app_count, sizeof *all);
	const char *log = record_string(run, "log");
	const json_t *limit = json_object_get(run, "logSize");

	for (size_t i = 0; i < manifest->app_count; i++) {
		struct opening opening = {
			.pod = pod,
			.app = manifest->apps[i].name,
			.streams = &all[i],
			.shared = shared,
			.userns = userns,
			.log = log == NULL ? "file" : log,
			.limit = json_is_integer(limit)
				     ? (uint64_t)json_integer_value(limit)
				     : LOG_DEFAULT,
		};
		const char *choice;

		for (int fd = 0; fd < APP_FD_COUNT; fd++)
			all[i].fds[fd] = -1;
		for (int stream = OUTPUT; stream <= ERRORS; stream++) {
			choice = choice_of(run, i, stream);
			if (choice != NULL)
				open_output(&opening, stream, choice);
		}
		choice = choice_of(run, i, INPUT);
		if (choice != NULL)
			open_input(&opening, choice);
	}
	return all;
}
