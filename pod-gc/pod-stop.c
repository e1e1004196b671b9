/* SPDX-License-Identifier: Apache-2.0 */
/* pod-stop - ask pods to end, and wait until they have */
/*
 * pod-stop [--force] [--wait=DUR] [--uuid-file=FILE] [UUID...]
 *
 * Sends pod-init of each pod a signal by a descriptor of its process, then
 * waits until all have ended: process gone, lock free.
 */

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>

#include "alloc.h"
#include "clock.h"
#include "escape.h"
#include "named.h"
#include "num.h"
#include "pod.h"
#include "prog.h"
#include "scope.h"
#include "usage.h"

/* How often what has no event to wait for is looked at. */
enum { STEP = 10 * 1000000 };

static bool force;
static const char *uuid_file;
static int64_t patience = INT64_C(15) * CLOCK_SECOND;

static const char usage[] =
    "usage: pod-stop [--force] [--wait=DUR] [--uuid-file=FILE] [UUID...]\n"
    "Stops the pods, and returns when they have ended.\n"
    "  --force      kill them, without a word to their apps\n"
    "  --wait=DUR   how long to wait at most (15s; 0s: not)\n"
    "  --uuid-file=FILE  also the pod whose UUID is in it\n"
    "  -h, --help   print this\n"
    "      --version  print the version\n";

static void
set_patience(const char *text)
{
	autofree char *shown = escape(text);

	if (duration_parse(text, &patience) < 0)
		errx(EX_USAGE, "--wait: \"%s\" is not a duration such as 15s",
		    shown);
}

static int
read_options(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "force", no_argument, NULL, 'f' },
		{ "wait", required_argument, NULL, 'w' },
		{ "uuid-file", required_argument, NULL, 'u' },
		USAGE_OPTIONS,
	};
	int option;

	while ((option = usage_option(argc, argv, "h", options, usage)) != -1) {
		switch (option) {
		case 'f':
			force = true;
			break;
		case 'w':
			set_patience(optarg);
			break;
		case 'u':
			uuid_file = optarg;
			break;
		}
	}
	if (optind == argc && uuid_file == NULL)
		usage_wrong(usage);
	return optind;
}

/* A pod that is being stopped. */
struct stopping {
	struct pod pod;
	int process; /* -1: it has ended, or never was */
};

static void
step(void)
{
	const struct timespec time = { .tv_nsec = STEP };

	(void)nanosleep(&time, NULL);
}

/* One that has the lock and no process yet is on its way: waits for that. */
static int
find_process(const struct pod *pod, int64_t end)
{
	pid_t pid;
	int process;

	while ((process = pod_pid_open(pod, &pid)) < 0 &&
	       pod_locked(pod) == 1 && clock_steady() < end)
		step();
	return process;
}

/* Returns 0 if the pod will end, or has, else -1 after a line on stderr. */
static int
stop(struct stopping *stopping, int64_t end)
{
	const struct pod *pod = &stopping->pod;
	enum pod_state state = pod_state(pod);

	if (state == POD_IS_EXITED || state == POD_IS_EXITED_GARBAGE ||
	    state == POD_IS_EXITED_DELETING) {
		warnx("pod \"%s\" is already stopped", pod->uuid);
		return 0;
	}
	if (state != POD_IS_RUNNING) {
		warnx("pod \"%s\" is not running", pod->uuid);
		return -1;
	}
	stopping->process = find_process(pod, end);
	if (stopping->process < 0 && pod_locked(pod) == 1) {
		warnx("pod \"%s\" has not started yet", pod->uuid);
		return -1;
	}
	/* It may end between the two. */
	if (stopping->process >= 0 &&
	    syscall(SYS_pidfd_send_signal, stopping->process,
		force ? SIGKILL : SIGTERM, NULL, 0) < 0 &&
	    errno != ESRCH) {
		warn("pod \"%s\"", pod->uuid);
		return -1;
	}
	(void)printf("\"%s\"\n", pod->uuid);
	return 0;
}

/* The process is gone first, then whatever else holds the lock. */
static int
wait_for(const struct stopping *stopping, int64_t end)
{
	const struct pod *pod = &stopping->pod;
	struct pollfd process = { .fd = stopping->process, .events = POLLIN };
	int gone = 0;

	do {
		int64_t left = end - clock_steady();

		gone = poll(&process, 1,
		    left <= 0                  ? 0
		    : left / 1000000 > 3600000 ? 3600000
					       : (int)(left / 1000000 + 1));
	} while (gone == 0 && clock_steady() < end);
	while (gone == 1 && pod_locked(pod) == 1 && clock_steady() < end)
		step();
	if (gone == 1 && pod_locked(pod) != 1)
		return 0;
	warnx("pod \"%s\" has not ended yet", pod->uuid);
	return -1;
}

/* Opens it, if it has a name, and tells it to end. */
static int
open_and_stop(const char *name, struct stopping *stopping, int64_t end)
{
	*stopping = (struct stopping){ .pod.dir = -1, .process = -1 };
	return name == NULL || named_open(name, &stopping->pod) < 0
		   ? -1
		   : stop(stopping, end);
}

int
main(int argc, char *argv[])
{
	autofree struct stopping *all = NULL;
	autofree char *from_file = NULL;
	int count, failed = 0;
	int64_t end;

	prog_start();
	argv += read_options(argc, argv);
	count = argc - optind + (uuid_file != NULL);
	if (uuid_file != NULL)
		from_file = named_file(uuid_file);
	all = xcalloc((size_t)count, sizeof *all);
	if (__builtin_add_overflow(clock_steady(), patience, &end))
		end = INT64_MAX;
	for (int i = 0; i < count; i++)
		if (open_and_stop(argv[i] == NULL ? from_file : argv[i],
			&all[i], end) < 0)
			failed++;
	for (int i = 0; i < count; i++) {
		if (all[i].process >= 0 && patience > 0 &&
		    wait_for(&all[i], end) < 0)
			failed++;
		scope_close(&all[i].process);
		scope_close(&all[i].pod.dir);
	}
	prog_finish();
	if (failed > 0)
		errx(EX_NO, "failed to stop %d pod(s)", failed);
	return 0;
}
