/* SPDX-License-Identifier: Apache-2.0 */
/* pod-init - pid 1 of a pod */
/*
 * pod-init
 * pod-init --join APP SHOWN TERM COMMAND…
 *
 * Not dumpable from its first act.  Takes the plan of descriptor PLAN_FD;
 * starts each app (its pre-start handler first), reaps, writes each exit
 * status to the file opened for it, runs the post-stop handlers, and ends with
 * the status of the first app that failed.  SIGTERM stops the apps in good
 * order, SIGINT at once.  Allocates nothing, accepts no connection, runs
 * nothing but what the images hold.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "chain.h"
#include "pod.h"
#include "prog.h"
#include "sandbox.h"
#include "say.h"
#include "scribe.h"

/* Seconds from SIGTERM to SIGKILL, for an app and then for its handler. */
enum { GRACE = 10 };

static struct plan *plan;

/* Of each app: which of its commands runs (PLAN_COMMANDS: it has ended). */
static struct {
	enum plan_command command;
	pid_t pid;
} apps[PLAN_APPS_MAX];

static int pod_status;
static bool stopping;
static int scribe; /* is there one? */
static struct timespec deadline;

static _Noreturn void
die(const char *what)
{
	say(plan == NULL ? "pod-init" : plan_at(plan, plan->program), what,
	    NULL, errno);
	_exit(plan == NULL ? CHAIN_FAILED : (int)plan->failed);
}

/* Its cgroup, in our own mount of the hierarchy: no link leads there. */
static int
open_cgroup(const struct plan_app *app)
{
	static const char above[] = "/sys/fs/cgroup/";
	const char *name = plan_at(plan, app->name);
	char path[sizeof above + 256];
	size_t length = strlen(name);

	if (length > 255) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(path, above, sizeof above - 1);
	memcpy(path + sizeof above - 1, name, length + 1);
	return open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* One of its own, or -1: it has that of all. */
static int
stream(uint32_t i, uint32_t flag, enum app_fd fd)
{
	return (plan->apps[i].flags & flag) != 0 ? plan_app_fd(i, fd) : -1;
}

/* Goes, in a hierarchy of v1, to the group whose list pod-enter has opened. */
static void
enter_groups(uint32_t i)
{
	for (uint32_t g = 0; g < plan->apps[i].groups; g++)
		if (write(plan_app_fd(i, FD_GROUP) + (int)g, "0", 1) < 0)
			die("cgroup");
}

/* Runs one command of an app; its pid is noted. */
static void
run(uint32_t i)
{
	struct plan_app *app = &plan->apps[i];
	enum plan_command command = apps[i].command;
	struct clone_args clone = { .exit_signal = SIGCHLD };
	int cgroup = -1;
	pid_t pid;

	if ((plan->flags & PLAN_CGROUP) != 0) {
		cgroup = open_cgroup(app);
		if (cgroup < 0)
			die("cgroup");
		/* Moving there afterwards would wait for RCU: 10 ms. */
		clone.flags = CLONE_INTO_CGROUP;
		clone.cgroup = (uint64_t)cgroup;
	}
	pid = (pid_t)syscall(SYS_clone3, &clone, sizeof clone);
	if (pid < 0)
		die("clone");
	if (pid == 0) {
		struct sandbox sandbox = {
			.plan = plan,
			.app = app,
			.mounts = plan_app_fd(i, FD_MOUNTS),
			.streams = { stream(i, APP_IN, FD_IN),
			    stream(i, APP_OUT, FD_OUT),
			    stream(i, APP_ERR, FD_ERR) },
			.argv = plan_list(plan, app->commands[command]),
			.shown = plan_at(plan, app->shown[command]),
			.terminal = (app->flags & APP_TERMINAL) != 0,
		};

		enter_groups(i);
		sandbox_run(&sandbox);
	}
	if (cgroup >= 0)
		(void)close(cgroup);
	apps[i].pid = pid;
}

/* Goes to the first command, from this one on, that the app has. */
static void
go_on(uint32_t i, enum plan_command from)
{
	while (from < PLAN_COMMANDS && plan->apps[i].commands[from] == 0)
		from++;
	apps[i].command = from;
	if (from < PLAN_COMMANDS)
		run(i);
}

static bool
all_ended(void)
{
	for (uint32_t i = 0; i < plan->app_count; i++)
		if (apps[i].command < PLAN_COMMANDS)
			return false;
	return true;
}

static void
signal_apps(int number)
{
	for (uint32_t i = 0; i < plan->app_count; i++)
		if (apps[i].command < PLAN_COMMANDS)
			(void)kill(apps[i].pid, number);
}

static void
set_deadline(void)
{
	(void)clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_sec += GRACE;
}

static void
stop(void)
{
	if (stopping)
		return;
	stopping = true;
	set_deadline();
	for (uint32_t i = 0; i < plan->app_count; i++)
		/* A post-stop handler is on its way out already; 0: reaped. */
		if (apps[i].command < POST_STOP && apps[i].pid > 0)
			(void)kill(apps[i].pid, SIGTERM);
}

/* An exit status, in its file for good. */
static void
write_status(int fd, int status, const char *whose)
{
	char text[8];
	size_t n = sizeof text;

	text[--n] = '\n';
	for (int left = status; n == sizeof text - 1 || left > 0; left /= 10)
		text[--n] = (char)('0' + left % 10);
	if (write(fd, text + n, sizeof text - n) < 0)
		say(plan_at(plan, plan->program), whose, "status", errno);
}

static void
record(uint32_t i, int status)
{
	if (status != 0 && pod_status == 0)
		pod_status = status;
	write_status(plan_app_fd(i, FD_STATUS), status,
	    plan_at(plan, plan->apps[i].name));
	if (status != 0)
		stop();
}

static void
ended(uint32_t i, int status)
{
	switch (apps[i].command) {
	case PRE_START:
		if (status == 0 && !stopping) {
			go_on(i, MAIN);
			return;
		}
		/* It was not started, so there is nothing after it. */
		apps[i].command = PLAN_COMMANDS;
		record(i, status);
		return;
	case MAIN:
		record(i, status);
		go_on(i, POST_STOP);
		return;
	case POST_STOP:
	case PLAN_COMMANDS:
		if (status != 0)
			say(plan_at(plan, plan->program),
			    plan_at(plan, plan->apps[i].name),
			    "post-stop handler failed", 0);
		apps[i].command = PLAN_COMMANDS;
	}
}

static void
reap(void)
{
	int status;

	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
		for (uint32_t i = 0; i < plan->app_count; i++) {
			if (apps[i].pid != pid ||
			    apps[i].command == PLAN_COMMANDS)
				continue;
			apps[i].pid = 0;
			ended(i, WIFSIGNALED(status) ? 128 + WTERMSIG(status)
						     : WEXITSTATUS(status));
			break;
		}
	}
}

/* The next signal; 0 when the time to stop is over. */
static int
next_signal(const sigset_t *set, siginfo_t *info)
{
	struct timespec left, now;
	int number;

	if (scribe)
		return scribe_wait(set, info, stopping ? &deadline : NULL);
	if (!stopping)
		return sigwaitinfo(set, info);
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	left.tv_sec = deadline.tv_sec - now.tv_sec;
	left.tv_nsec = deadline.tv_nsec - now.tv_nsec;
	if (left.tv_nsec < 0) {
		left.tv_sec--;
		left.tv_nsec += 1000000000;
	}
	if (left.tv_sec < 0)
		return 0;
	number = sigtimedwait(set, info, &left);
	return number < 0 && errno == EAGAIN ? 0 : number;
}

/* Once, when all are up as far as was asked for. */
static void
tell_ready(void)
{
	if ((plan->flags & PLAN_READY) == 0)
		return;
	for (uint32_t i = 0; i < plan->app_count; i++)
		if ((plan->flags & PLAN_NOTIFY) != 0 &&
		    (stopping || apps[i].command == PRE_START))
			return;
	if (write(READY_FD, "", 1) < 0)
		die("pod-enter");
	(void)close(READY_FD);
	plan->flags &= ~(uint32_t)PLAN_READY;
}

/* pod-attach has come to the end of what is for an app's stdin. */
static void
end_input(uint32_t i)
{
	if (i >= plan->app_count || (plan->apps[i].flags & APP_KEYS) == 0)
		return;
	plan->apps[i].flags &= ~(uint32_t)APP_KEYS;
	(void)close(plan_app_fd(i, FD_KEYS));
}

static void
supervise(const sigset_t *set)
{
	while (!all_ended()) {
		siginfo_t info;

		tell_ready();
		switch (next_signal(set, &info)) {
		case SIGTERM:
			stop();
			break;
		case SIGINT:
			stopping = true;
			set_deadline();
			signal_apps(SIGKILL);
			break;
		case SIGNAL_INPUT:
			end_input((uint32_t)info.si_int);
			break;
		case 0:
			/* Handlers that come now have as long again. */
			signal_apps(SIGKILL);
			set_deadline();
			break;
		default:
			break;
		}
		reap();
	}
}

/* Of an app, as pod-enter has written it. */
static uint32_t
read_number(const char *text)
{
	uint32_t number = 0;

	for (; *text >= '0' && *text <= '9' && number < PLAN_APPS_MAX; text++)
		number = number * 10 + (uint32_t)(*text - '0');
	return number;
}

/* Runs COMMAND as a process of an app; pod-enter has brought us here. */
static _Noreturn void
join(char **argv)
{
	uint32_t app = read_number(argv[2]);
	struct sandbox sandbox = {
		.plan = plan,
		.app = &plan->apps[app],
		.mounts = plan_app_fd(0, FD_MOUNTS),
		.streams = { -1, -1, -1 },
		.argv = argv + 5,
		.shown = argv[3],
		.term = argv[4],
		.terminal = true,
		.joined = true,
	};

	if (app >= plan->app_count) {
		errno = EINVAL;
		die("app");
	}
	sandbox_run(&sandbox);
}

int
main(int argc, char **argv)
{
	sigset_t set;

	/* Before an app could look: it may have our uid and capabilities. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		die("PR_SET_DUMPABLE");
	plan = plan_map(PLAN_FD);
	if (plan == NULL)
		die("not started by pod-enter");
	if (argc > 5 && strcmp(argv[1], "--join") == 0)
		join(argv);
	/* Ignored, it would take the statuses of the apps with it. */
	(void)signal(SIGCHLD, SIG_DFL);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGNAL_INPUT);
	if (sigprocmask(SIG_SETMASK, &set, NULL) < 0)
		die("signals");
	scribe = scribe_open(plan, &set);
	if (scribe < 0)
		die("log");
	/* From here on pod-enter's death is a reason to stop in good order. */
	if ((plan->flags & PLAN_FOREGROUND) != 0 &&
	    prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) < 0)
		die("PR_SET_PDEATHSIG");
	for (uint32_t i = 0; i < plan->app_count; i++)
		go_on(i, PRE_START);
	supervise(&set);
	if (scribe)
		scribe_finish();
	write_status(CHAIN_LOCK, pod_status, "pod");
	return pod_status;
}
