/* SPDX-License-Identifier: Apache-2.0 */
/* join - a process more in an app of a running pod */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "alloc.h"
#include "birth.h"
#include "cgroup.h"
#include "escape.h"
#include "groups.h"
#include "join.h"
#include "path.h"
#include "plan.h"
#include "pod.h"
#include "prog.h"
#include "publish.h"
#include "scope.h"
#include "supervise.h"
#include "terminal.h"

enum {
	NOBODY = 65534,
	START_TRIES = 100, /* every 10 ms, for a pod that is starting */
	START_WAIT_NS = 10000000,
};

/* The pod that is joined, and which of its apps. */
struct target {
	struct pod pod;
	pid_t pid;   /* pod-init's */
	int process; /* the same as a pidfd */
	int fd;      /* of the plan */
	struct plan *plan;
	uint32_t app;
};

static void
find_pod(const char *beginning, struct target *target)
{
	autofree char *shown = escape(beginning);
	char uuid[UUID_SIZE];
	int found = pod_resolve(beginning, uuid);

	if (found == 0)
		prog_diex("no matches found for \"%s\"", shown);
	if (found > 1)
		prog_diex("ambiguous uuid, %d matches", found);
	if (found < 0 || pod_open(uuid, &target->pod) < 0)
		prog_die("pod %s", shown);
	target->process = pod_pid_open(&target->pod, &target->pid);
	if (target->pod.place != POD_RUN || target->process < 0)
		prog_diex("pod \"%s\" isn't currently running", uuid);
}

/*
 * Some containers' filters refuse pidfd_getfd(2), systemd-nspawn's say, but not
 * this way, which takes the same right.  The pidfd says afterwards that it was
 * pod-init's.
 */
static int
open_fd(const struct target *target, int fd)
{
	autofree char *path =
	    xasprintf("/proc/%ld/fd/%d", (long)target->pid, fd);
	autofd int own = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (own < 0 ||
	    syscall(SYS_pidfd_send_signal, target->process, 0, NULL, 0) < 0)
		return -1;
	return take_fd(&own);
}

/* A copy of pod-init's descriptor; the pidfd says that it is the same one. */
static int
get_fd(const struct target *target, int fd)
{
	int copy = (int)syscall(SYS_pidfd_getfd, target->process, fd, 0);

	return copy < 0 && errno == EPERM ? open_fd(target, fd) : copy;
}

/* The plan, once pod-init has it: the pid is known before that. */
static void
get_plan(struct target *target)
{
	const struct timespec pause = { .tv_nsec = START_WAIT_NS };

	for (int i = 0; i < START_TRIES; i++) {
		target->fd = get_fd(target, PLAN_FD);
		if (target->fd >= 0)
			target->plan = plan_map(target->fd);
		if (target->plan != NULL)
			return;
		if (target->fd >= 0)
			(void)close(target->fd);
		if (errno == ESRCH)
			break;
		(void)nanosleep(&pause, NULL);
	}
	prog_die("pod %s: pod-init's plan", target->pod.uuid);
}

static const char *
app_name(const struct target *target, uint32_t app)
{
	return plan_at(target->plan, target->plan->apps[app].name);
}

static void
choose_app(struct target *target, const char *name)
{
	uint32_t count = target->plan->app_count;
	autofree char *shown = name == NULL ? NULL : escape(name);

	if (name == NULL && count == 1)
		return;
	for (; name != NULL && target->app < count; target->app++)
		if (strcmp(app_name(target, target->app), name) == 0)
			return;
	if (name != NULL)
		prog_diex("pod %s: no app called %s", target->pod.uuid, shown);
	warnx("pod contains multiple apps:");
	for (uint32_t i = 0; i < count; i++)
		(void)fprintf(stderr, "\t%s\n", app_name(target, i));
	prog_diex("specify app using \"rkt enter --app= ...\"");
}

/* What the app has from whoever started the pod, and not from the plan. */
static void
copy_limits(const struct target *target)
{
	autofree char *path =
	    xasprintf("/proc/%ld/oom_score_adj", (long)target->pid);
	autofd int from = open(path, O_RDONLY | O_CLOEXEC);
	autofd int to = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	struct rlimit limit;
	char score[16];
	ssize_t n = from < 0 ? -1 : read(from, score, sizeof score);

	if (n < 0 || to < 0 || write_all(to, score, (size_t)n) < 0)
		prog_die("oom_score_adj");
	for (__rlimit_resource_t i = 0; i < RLIM_NLIMITS; i++)
		if (prlimit(target->pid, i, NULL, &limit) < 0 ||
		    setrlimit(i, &limit) < 0)
			prog_die("resource limits");
}

/* Makes a terminal of the pod's own devpts, and of nothing of the image's. */
static void
make_terminal(const struct target *target, struct terminal *terminal)
{
	autofree char *path = xasprintf("/proc/%ld/root", (long)target->pid);
	autofd int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	autofd int pts = beneath_open(root, "dev/pts", O_PATH | O_DIRECTORY, 0);
	struct statfs fs;

	if (pts < 0 || fstatfs(pts, &fs) < 0 || fs.f_type != DEVPTS_SUPER_MAGIC)
		prog_diex("pod %s: has no terminals", target->pod.uuid);
	terminal_make(terminal, pts);
}

/* The command line of pod-init that runs it. */
static char **
init_arguments(const struct target *target, char **argv)
{
	static char shell[] = "/bin/bash";
	const char *term = getenv("TERM");
	struct {
		char *list[5];
	} head = { { xstrdup("pod-init"), xstrdup("--join"),
	    xasprintf("%u", target->app),
	    escape(argv[0] == NULL ? shell : argv[0]),
	    xasprintf("TERM=%s", term == NULL ? "vt100" : term) } };
	size_t count = 0;
	char **all;

	while (argv[count] != NULL)
		count++;
	all = xcalloc(count + 7, sizeof *all);
	memcpy(all, head.list, sizeof head.list);
	memcpy(all + 5, argv, count * sizeof *argv);
	if (count == 0) {
		warnx("no command specified, assuming \"%s\"", shell);
		all[5] = shell;
	}
	return all;
}

/*
 * From here on processes of the pod can see this one.  It is not dumpable, and
 * stays so across its exec since its real group differs from the effective
 * one (fs/exec.c, begin_new_exec): they can neither trace it nor look at what
 * it has open (CVE-2016-9962).
 */
static _Noreturn void
become_init(const struct target *target, const struct terminal *terminal,
    int mounts, int program, char **argv)
{
	const int spaces =
	    CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP;
	const int from[] = { terminal_stream(terminal, 0),
		terminal_stream(terminal, 1), terminal_stream(terminal, 2),
		target->fd, mounts, program };
	const int to[] = { 0, 1, 2, PLAN_FD, plan_app_fd(0, FD_MOUNTS),
		plan_app_fd(1, FD_MOUNTS) };
	char *const nothing[] = { NULL };

	if (setns(target->process, spaces) < 0)
		prog_die("namespaces");
	birth_place(from, to, sizeof from / sizeof *from);
	if (fcntl(plan_app_fd(1, FD_MOUNTS), F_SETFD, FD_CLOEXEC) < 0 ||
	    setresgid(NOBODY, 0, 0) < 0)
		prog_die("pod-init");
	(void)syscall(SYS_execveat, plan_app_fd(1, FD_MOUNTS), "", argv,
	    nothing, AT_EMPTY_PATH);
	prog_die("pod-init");
}

int
join_pod(const char *uuid, const char *app, char **argv)
{
	struct target target = { .fd = -1 };
	struct clone_args clone = { .exit_signal = SIGCHLD };
	struct terminal terminal;
	int mounts, program, cgroup, groups[CONTROLLERS], group_count;
	pid_t pid;

	find_pod(uuid, &target);
	get_plan(&target);
	choose_app(&target, app);
	argv = init_arguments(&target, argv);
	mounts = get_fd(&target, plan_app_fd(target.app, FD_MOUNTS));
	if (mounts < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		prog_die("pod %s", target.pod.uuid);
	program = birth_program();
	cgroup = cgroup_open(&target.pod);
	if (cgroup >= 0) {
		cgroup = openat(cgroup, app_name(&target, target.app),
		    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (cgroup < 0)
			prog_die("pod %s: cgroup", target.pod.uuid);
		clone.flags = CLONE_INTO_CGROUP;
		clone.cgroup = (uint64_t)cgroup;
	}
	group_count =
	    groups_of_app(&target.pod, app_name(&target, target.app), groups);
	copy_limits(&target);
	if (terminal_find(&terminal, true))
		make_terminal(&target, &terminal);
	supervise_prepare(&terminal);
	if (setns(target.process, CLONE_NEWPID) < 0)
		prog_die("pod %s: pid namespace", target.pod.uuid);
	pid = (pid_t)syscall(SYS_clone3, &clone, sizeof clone);
	if (pid < 0)
		prog_die("pod %s: clone", target.pod.uuid);
	if (pid == 0)
		for (int i = 0; i < group_count; i++)
			if (groups_go(groups[i]) < 0)
				prog_die("pod %s: cgroup", target.pod.uuid);
	if (pid == 0)
		become_init(&target, &terminal, mounts, program, argv);
	terminal_lend(&terminal);
	return supervise(&terminal, pid, true);
}
