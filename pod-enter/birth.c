/* SPDX-License-Identifier: Apache-2.0 */
/* birth - pid 1 of a pod, from clone to exec */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc.h"
#include "birth.h"
#include "chain.h"
#include "mount.h"
#include "pod.h"
#include "prog.h"
#include "root.h"
#include "scope.h"
#include "streams.h"
#include "sysctl.h"

int
birth_program(void)
{
	autofree char *path = prog_sibling("pod-init");
	autofd int fd =
	    open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (fd < 0 || mount_restrict(fd, MOUNT_ATTR_RDONLY, false) < 0)
		prog_die("%s", path);
	return take_fd(&fd);
}

void
birth_place(const int *from, const int *to, size_t count)
{
	autofree int *above = xcalloc(count, sizeof *above);
	int highest = 0;

	for (size_t i = 0; i < count; i++)
		highest = to[i] > highest ? to[i] : highest;
	/* First out of each other's way. */
	for (size_t i = 0; i < count; i++) {
		above[i] = fcntl(from[i], F_DUPFD_CLOEXEC, highest + 1);
		if (above[i] < 0)
			prog_die("descriptors");
	}
	for (size_t i = 0; i < count; i++)
		if (dup2(above[i], to[i]) < 0)
			prog_die("descriptors");
}

/*
 * Several apps: each gets a copy of the host's mounts to make its own of, and
 * the last one takes this process's.
 */
static void
build_roots(struct birth *birth, int mounts[])
{
	autofd int host = -1;

	if (birth->count > 1) {
		dev_spread(&birth->shared);
		host = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
		if (host < 0)
			prog_die("/proc/self/ns/mnt");
	}
	for (size_t i = 0; i < birth->count; i++) {
		if (i + 1 < birth->count && unshare(CLONE_NEWNS) < 0)
			prog_die("mount namespace");
		root_build(&birth->roots[i], &birth->shared);
		mounts[i] = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
		if (mounts[i] < 0 ||
		    (i + 1 < birth->count && setns(host, CLONE_NEWNS) < 0))
			prog_die("mount namespace");
	}
}

/* Waits for pod-enter's word; if it is gone by then, so is the pod. */
static void
wait_to_go(int socket)
{
	char word;

	if (recv(socket, &word, 1, 0) != 1)
		_exit(prog_status);
	/* Our death signal was set before: alive now is alive for good. */
	if (recv(socket, &word, 1, MSG_DONTWAIT) == 0)
		_exit(prog_status);
}

static void
place_descriptors(const struct birth *birth, const int mounts[], int ready)
{
	int from[5 + PLAN_APPS_MAX * APP_FD_COUNT];
	int to[5 + PLAN_APPS_MAX * APP_FD_COUNT];
	size_t n = 0;

	for (int i = 0; i < 3; i++)
		from[n] = birth->streams[i], to[n++] = i;
	if ((birth->flags & PLAN_READY) != 0)
		from[n] = ready, to[n++] = READY_FD;
	for (uint32_t i = 0; i < birth->count; i++) {
		const int *fds = birth->own[i].fds;

		from[n] = mounts[i], to[n++] = plan_app_fd(i, FD_MOUNTS);
		for (enum app_fd fd = FD_STATUS; fd < FD_TTY; fd++)
			if (fds[fd] >= 0)
				from[n] = fds[fd], to[n++] = plan_app_fd(i, fd);
		for (uint32_t g = 0; g < birth->groups.app_count[i]; g++)
			from[n] = birth->groups.app[i][g],
			to[n++] = plan_app_fd(i, FD_GROUP) + (int)g;
	}
	/* Last: --join takes it for a sign that the others are there. */
	from[n] = birth->plan, to[n++] = PLAN_FD;
	birth_place(from, to, n);
	(void)close(CHAIN_HOST_NET);
}

static _Noreturn void
become_init(struct birth *birth, int program, int socket)
{
	char name[] = "pod-init";
	char *const argv[] = { name, NULL };
	char *const nothing[] = { NULL };
	int mounts[PLAN_APPS_MAX];
	autofd int above = -1;

	if ((birth->flags & PLAN_FOREGROUND) != 0 &&
	    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		prog_die("PR_SET_PDEATHSIG");
	(void)setsid();
	groups_enter(&birth->groups);
	if (birth->groups.divided != 0 && write(socket, "", 1) != 1)
		_exit(prog_status);
	sysctls_apply(birth->manifest);
	if (birth->groups.unbounded)
		sysctl_bound_pids(PIDS_DEFAULT);
	if (sethostname(birth->hostname, strlen(birth->hostname)) < 0)
		prog_die("host name");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		prog_die("private mounts");
	build_roots(birth, mounts);
	wait_to_go(socket);
	above = fcntl(program, F_DUPFD_CLOEXEC,
	    APP_FDS + (int)birth->count * APP_FD_COUNT);
	place_descriptors(birth, mounts, socket);
	(void)syscall(SYS_execveat, above, "", argv, nothing, AT_EMPTY_PATH);
	prog_die("pod-init");
}

/* It has told why. */
static _Noreturn void
die_with(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		_exit(prog_status);
	_exit(WEXITSTATUS(status));
}

/* The lowest that an app is to have. */
static int
lowest_oom_score(const struct birth *birth)
{
	struct plan *plan = plan_map(birth->plan);
	int lowest = INT_MAX;

	if (plan == NULL)
		prog_die("plan");
	for (uint32_t i = 0; i < plan->app_count; i++)
		if ((plan->apps[i].flags & APP_OOM_SCORE) != 0 &&
		    plan->apps[i].oom_score < lowest)
			lowest = plan->apps[i].oom_score;
	(void)munmap(plan, plan->size);
	return lowest;
}

enum {
	SPACES = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC,
};

/*
 * Namespaces belong to the user namespace of who makes them, so that is
 * entered first; the child, and not this process, is what pod-enter waits for.
 */
static _Noreturn void
bear_inside(struct birth *birth, int program, int socket)
{
	struct clone_args clone = { .flags = SPACES | CLONE_PARENT };
	pid_t pid;

	userns_enter(&birth->userns, lowest_oom_score(birth));
	pid = (pid_t)syscall(SYS_clone3, &clone, sizeof clone);
	if (pid < 0)
		prog_die("namespaces");
	if (pid == 0)
		become_init(birth, program, socket);
	_exit(write(socket, &pid, sizeof pid) == sizeof pid ? 0 : prog_status);
}

/* Returns pid 1, which waits at the other end of a socket. */
static pid_t
bear(struct birth *birth, int *socket)
{
	const bool inside = birth->userns.fd >= 0;
	struct clone_args clone = {
		.flags = inside ? 0 : SPACES,
		.exit_signal = SIGCHLD,
	};
	autofd int program = birth_program();
	int sockets[2];
	pid_t pid, helper;

	if (birth->groups.pod >= 0) {
		/* Moving there afterwards would wait for RCU: 10 ms. */
		clone.flags |= CLONE_INTO_CGROUP;
		clone.cgroup = (uint64_t)birth->groups.pod;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0)
		prog_die("socketpair");
	pid = helper = (pid_t)syscall(SYS_clone3, &clone, sizeof clone);
	if (pid < 0)
		prog_die("namespaces");
	if (pid == 0) {
		(void)close(sockets[0]);
		if (inside)
			bear_inside(birth, program, sockets[1]);
		become_init(birth, program, sockets[1]);
	}
	(void)close(sockets[1]);
	*socket = sockets[0];
	if (!inside)
		return pid;
	if (recv(*socket, &pid, sizeof pid, 0) != sizeof pid)
		die_with(helper);
	while (waitpid(helper, NULL, 0) < 0 && errno == EINTR)
		;
	return pid;
}

pid_t
birth_pod(struct birth *birth)
{
	int socket;
	char word = 0;
	pid_t pid = bear(birth, &socket);

	/* Recorded before anything of the image runs. */
	if (pod_pid_write(birth->pod, pid) < 0) {
		(void)kill(pid, SIGKILL);
		prog_die("pid");
	}
	if (birth->groups.divided != 0) {
		if (recv(socket, &word, 1, 0) != 1)
			die_with(pid);
		groups_divide(&birth->groups, birth->manifest);
	}
	if (send(socket, &word, 1, MSG_NOSIGNAL) < 0 && errno != EPIPE)
		prog_die("pod-init");
	birth->ready = socket;
	/* The other end may be gone without a word. */
	if ((birth->flags & (PLAN_READY | PLAN_NOTIFY)) == PLAN_READY &&
	    recv(socket, &word, 1, 0) != 1)
		die_with(pid);
	/* In the foreground it stays open: pid 1 dies if we do before that. */
	if ((birth->flags & PLAN_FOREGROUND) == 0)
		(void)close(socket);
	return pid;
}
