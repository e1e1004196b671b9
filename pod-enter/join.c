/* SPDX-License-Identifier: Apache-2.0 */
/* join - a process more in an app of a running pod */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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
#include "target.h"
#include "terminal.h"
#include "userns.h"

enum { NOBODY = 65534 };

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
make_terminal(const struct target *target, const struct userns *userns,
    struct terminal *terminal)
{
	autofree char *path = xasprintf("/proc/%ld/root", (long)target->pid);
	autofd int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	autofd int pts = beneath_open(root, "dev/pts", O_PATH | O_DIRECTORY, 0);
	struct statfs fs;

	if (pts < 0 || fstatfs(pts, &fs) < 0 || fs.f_type != DEVPTS_SUPER_MAGIC)
		prog_diex("pod %s: has no terminals", target->pod.uuid);
	terminal_make(terminal, pts);
	if (userns_give_terminal(userns, terminal->slave) < 0)
		prog_die("terminal");
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
become_init(const struct target *target, const struct userns *userns,
    const struct terminal *terminal, int mounts, int program, char **argv)
{
	const int spaces =
	    CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP;
	const int from[] = { terminal_stream(terminal, 0),
		terminal_stream(terminal, 1), terminal_stream(terminal, 2),
		target->fd, mounts, program };
	const int to[] = { 0, 1, 2, PLAN_FD, plan_app_fd(0, FD_MOUNTS),
		plan_app_fd(1, FD_MOUNTS) };
	char *const nothing[] = { NULL };
	const struct plan_app *app = &target->plan->apps[target->app];
	int lowest =
	    (app->flags & APP_OOM_SCORE) != 0 ? app->oom_score : INT_MAX;

	/* As its root, which is not the host's. */
	if (userns->fd >= 0)
		userns_enter(userns, lowest);
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
	struct userns userns;
	int mounts, program, cgroup, groups[CONTROLLERS], group_count;
	pid_t pid;

	target_find(uuid, &target);
	target_plan(&target);
	target_choose(&target, app, "enter");
	argv = init_arguments(&target, argv);
	mounts = target_fd(&target, plan_app_fd(target.app, FD_MOUNTS));
	if (mounts < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		prog_die("pod %s", target.pod.uuid);
	program = birth_program();
	cgroup = cgroup_open(&target.pod);
	if (cgroup >= 0) {
		cgroup = openat(cgroup, target_app(&target, target.app),
		    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (cgroup < 0)
			prog_die("pod %s: cgroup", target.pod.uuid);
		clone.flags = CLONE_INTO_CGROUP;
		clone.cgroup = (uint64_t)cgroup;
	}
	group_count =
	    groups_of_app(&target.pod, target_app(&target, target.app), groups);
	userns_of(&target.pod, target.pid, &userns);
	copy_limits(&target);
	if (terminal_find(&terminal, true))
		make_terminal(&target, &userns, &terminal);
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
		become_init(&target, &userns, &terminal, mounts, program, argv);
	terminal_lend(&terminal);
	return supervise(&terminal, pid, true);
}
