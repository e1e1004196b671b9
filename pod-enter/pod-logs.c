/* SPDX-License-Identifier: Apache-2.0 */
/* pod-logs - what the apps of a pod wrote */
/*
 * pod-logs [-f] [--app=NAME] [--since=TIME] [--tail=N] [--timestamps] UUID
 *
 * Reads the logs of the apps in the order of their times, and writes to stdout
 * what was written there, byte by byte, and to stderr what was written there.
 * Takes no lock and asks nobody; with -f it waits for more until the pod ends.
 */

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include "alloc.h"
#include "escape.h"
#include "moment.h"
#include "named.h"
#include "num.h"
#include "path.h"
#include "pod.h"
#include "prog.h"
#include "publish.h"
#include "replay.h"
#include "scope.h"
#include "usage.h"

/* Where nothing tells of a change, it is looked for: as often as this, ms. */
enum { LOOK_MS = 200 };

static struct {
	bool follow;
	bool timestamps;
	const char *app;
	uint64_t since;
	uint64_t tail; /* lines; UINT64_MAX: all */
} opts = { .tail = UINT64_MAX };

/* What has been shown of a log. */
struct shown {
	uint64_t lost;
	bool mid_line[LOG_ERR + 1]; /* of each stream */
};

/* The logs of a pod. */
struct logs {
	struct replay *list;
	struct shown *shown; /* of each */
	size_t count;
};

static const char usage[] =
    "usage: pod-logs [-f] [--app=NAME] [--since=TIME] [--tail=N]\n"
    "                [--timestamps] UUID\n"
    "What the apps of a pod wrote.\n"
    "  --app=NAME     only this one\n"
    "  -f, --follow   wait for more until the pod has ended\n"
    "  --since=TIME   from then on: 10m ago, or 2026-01-31T12:00:00Z\n"
    "  --tail=N       the last N lines\n"
    "  --timestamps   with the time before each line\n"
    "  -h, --help     print this\n"
    "      --version  print the version\n";

static void
set_since(const char *text)
{
	autofree char *shown = escape(text);

	if (moment_parse(text, &opts.since) < 0)
		errx(EX_USAGE,
		    "--since: \"%s\" is no time: say 10m, or "
		    "2026-01-31T12:00:00Z",
		    shown);
}

static void
set_tail(const char *text)
{
	autofree char *shown = escape(text);

	if (strcmp(text, "all") != 0 &&
	    num_parse(text, 0, UINT64_MAX - 1, &opts.tail) < 0)
		errx(EX_USAGE, "--tail: \"%s\" is no number of lines", shown);
}

static void
read_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "app", required_argument, NULL, 'a' },
		{ "follow", no_argument, NULL, 'f' },
		{ "since", required_argument, NULL, 's' },
		{ "tail", required_argument, NULL, 'n' },
		{ "timestamps", no_argument, NULL, 't' },
		USAGE_OPTIONS,
	};
	int option;

	/* Not in front alone: "rkt logs UUID -f" is what people type. */
	while (
	    (option = usage_option(argc, argv, "fh", options, usage)) != -1) {
		switch (option) {
		case 'a':
			opts.app = optarg;
			break;
		case 'f':
			opts.follow = true;
			break;
		case 's':
			set_since(optarg);
			break;
		case 'n':
			set_tail(optarg);
			break;
		case 't':
			opts.timestamps = true;
			break;
		}
	}
	if (argc - optind != 1)
		usage_wrong(usage);
}

static void
add_log(struct logs *logs, const struct pod *pod, const char *app)
{
	logs->list =
	    xreallocarray(logs->list, logs->count + 1, sizeof *logs->list);
	if (replay_open(pod->dir, app, &logs->list[logs->count]) < 0)
		err(EX_IOERR, "pod %s: log of %s", pod->uuid, app);
	logs->count++;
}

/* Of the app that was named, or of all. */
static void
open_logs(const struct pod *pod, struct logs *logs)
{
	autofd int fd = openat(
	    pod->dir, "log", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	autodir DIR *entries = fd < 0 ? NULL : fdopendir(take_fd(&fd));

	if (entries == NULL && errno != ENOENT)
		err(EX_IOERR, "pod %s: log", pod->uuid);
	for (struct dirent *e;
	     entries != NULL && (e = readdir(entries)) != NULL;)
		if (path_is_name(e->d_name) && strchr(e->d_name, '.') == NULL &&
		    (opts.app == NULL || strcmp(opts.app, e->d_name) == 0))
			add_log(logs, pod, e->d_name);
	if (logs->count == 0 && opts.app != NULL)
		errx(EX_NOINPUT, "pod %s: no log of an app called %s",
		    pod->uuid, escape(opts.app));
	if (logs->count == 0)
		errx(EX_NOINPUT,
		    "pod %s: no log: what its apps write goes to who ran it",
		    pod->uuid);
	logs->shown = xcalloc(logs->count, sizeof *logs->shown);
}

static void
close_logs(struct logs *logs)
{
	for (size_t i = 0; i < logs->count; i++)
		replay_close(&logs->list[i]);
	free(logs->list);
	free(logs->shown);
}

/* The log with the oldest frame; NULL: there is no more for now. */
static struct replay *
next_frame(struct logs *logs, struct log_frame *frame, const char **bytes)
{
	struct replay *oldest = NULL;

	for (size_t i = 0; i < logs->count; i++) {
		struct log_frame its;
		const char *text;
		int found = replay_peek(&logs->list[i], &its, &text);

		if (found < 0)
			err(EX_DATAERR, "log of %s", logs->list[i].app);
		if (found == 0 || (oldest != NULL && its.time >= frame->time))
			continue;
		oldest = &logs->list[i];
		*frame = its;
		*bytes = text;
	}
	return oldest;
}

static uint64_t
newlines(const char *bytes, size_t length)
{
	uint64_t count = 0;

	for (const char *end = bytes + length;
	     (bytes = memchr(bytes, '\n', (size_t)(end - bytes))) != NULL;
	     bytes++)
		count++;
	return count;
}

/* How many lines are before those that --tail asks for. */
static uint64_t
lines_before_tail(const struct pod *pod)
{
	struct logs logs = { 0 };
	struct log_frame frame;
	uint64_t count = 0;
	bool mid_line = false;
	const char *bytes;

	open_logs(pod, &logs);
	for (struct replay *from;
	     (from = next_frame(&logs, &frame, &bytes)) != NULL;) {
		if (frame.time >= opts.since && frame.length > 0) {
			count += newlines(bytes, frame.length);
			mid_line = bytes[frame.length - 1] != '\n';
		}
		replay_take(from, &frame);
	}
	close_logs(&logs);
	count += mid_line;
	return count > opts.tail ? count - opts.tail : 0;
}

static void
put(int fd, const char *bytes, size_t length)
{
	if (write_all(fd, bytes, length) < 0)
		err(EX_IOERR, "%s", fd == STDOUT_FILENO ? "stdout" : "stderr");
}

/* Line by line, each with the time at which its beginning was read. */
static void
put_stamped(struct shown *shown, const struct log_frame *frame, int fd,
    const char *bytes, size_t length)
{
	bool *mid_line = &shown->mid_line[frame->stream];
	char stamp[MOMENT_TEXT];

	moment_format(frame->time, stamp);
	while (length > 0) {
		const char *end = memchr(bytes, '\n', length);
		size_t n = end == NULL ? length : (size_t)(end - bytes) + 1;

		if (!*mid_line) {
			put(fd, stamp, strlen(stamp));
			put(fd, " ", 1);
		}
		put(fd, bytes, n);
		*mid_line = end == NULL;
		bytes += n;
		length -= n;
	}
}

/* A line counts where it ends; returns what is behind those. */
static const char *
skip_lines(const char *start, const char *end, uint64_t *lines)
{
	while (*lines > 0 && start < end) {
		start = memchr(start, '\n', (size_t)(end - start));
		if (start == NULL)
			return end;
		start++;
		--*lines;
	}
	return start;
}

/* All there is now, but for the lines to skip. */
static void
show(struct logs *logs, uint64_t *skip)
{
	struct log_frame frame;
	const char *bytes;

	for (struct replay *from;
	     (from = next_frame(logs, &frame, &bytes)) != NULL;) {
		const char *start = bytes, *end = bytes + frame.length;
		int fd =
		    frame.stream == LOG_ERR ? STDERR_FILENO : STDOUT_FILENO;

		if (frame.time < opts.since)
			start = end;
		start = skip_lines(start, end, skip);
		if (opts.timestamps)
			put_stamped(&logs->shown[from - logs->list], &frame, fd,
			    start, (size_t)(end - start));
		else
			put(fd, start, (size_t)(end - start));
		replay_take(from, &frame);
	}
	for (size_t i = 0; i < logs->count; i++)
		replay_report(&logs->list[i], &logs->shown[i].lost);
}

/* A descriptor that tells of changes; -1: none, and we look by ourselves. */
static int
watch(const struct logs *logs)
{
	autofd int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	for (size_t i = 0; fd >= 0 && i < logs->count; i++)
		for (int j = 0; j < 2; j++) {
			char path[32];

			(void)snprintf(path, sizeof path, "/proc/self/fd/%d",
			    logs->list[i].fds[j]);
			if (inotify_add_watch(fd, path, IN_MODIFY) < 0)
				return -1;
		}
	return take_fd(&fd);
}

/* Until the pod has ended, or nobody is there any more to read. */
static void
follow(const struct pod *pod, struct logs *logs, uint64_t *skip)
{
	pid_t pid;
	struct pollfd fds[] = {
		{ .fd = watch(logs), .events = POLLIN },
		{ .fd = pod_pid_open(pod, &pid), .events = POLLIN },
		{ .fd = STDOUT_FILENO },
	};
	char events[4096];

	while (fds[1].fd >= 0) {
		show(logs, skip);
		if (poll(fds, 3, fds[0].fd < 0 ? LOOK_MS : -1) < 0 &&
		    errno != EINTR)
			err(EX_OSERR, "poll");
		if ((fds[2].revents & (POLLERR | POLLHUP)) != 0)
			return;
		if ((fds[1].revents & POLLIN) != 0)
			break;
		if (fds[0].revents != 0 &&
		    read(fds[0].fd, events, sizeof events) < 0 &&
		    errno != EAGAIN)
			err(EX_IOERR, "inotify");
	}
	show(logs, skip);
}

int
main(int argc, char **argv)
{
	struct pod pod = { .dir = -1 };
	struct logs logs = { 0 };
	uint64_t skip = 0;

	prog_start();
	read_options(argc, argv);
	if (named_open(argv[optind], &pod) < 0)
		return EX_NOINPUT;
	if (pod.place < POD_RUN)
		errx(EX_NO, "pod \"%s\" has not been run", pod.uuid);
	if (opts.tail != UINT64_MAX)
		skip = lines_before_tail(&pod);
	open_logs(&pod, &logs);
	if (opts.follow)
		follow(&pod, &logs, &skip);
	else
		show(&logs, &skip);
	close_logs(&logs);
	(void)close(pod.dir);
	return 0;
}
