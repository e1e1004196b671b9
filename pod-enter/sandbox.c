/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox - what an app may be, from its mount namespace to its exec */

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/limits.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "limits.h"
#include "prog.h"
#include "sandbox.h"
#include "say.h"

static _Noreturn void
fail(const struct sandbox *s, const char *what)
{
	int error = errno;

	say(plan_at(s->plan, s->plan->program), plan_at(s->plan, s->app->name),
	    what, error);
	_exit((int)s->plan->failed);
}

/* The user may open a pipe of ours again, as /dev/stdout. */
static void
take_stream(const struct sandbox *s, int fd)
{
	struct stat file;

	if (s->streams[fd] < 0)
		return;
	if (dup2(s->streams[fd], fd) < 0 || fstat(fd, &file) < 0 ||
	    (S_ISFIFO(file.st_mode) && fchown(fd, s->app->uid, (gid_t)-1) < 0))
		fail(s, "streams");
}

/* Streams, session and terminal; no other descriptor is left. */
static void
take_streams(const struct sandbox *s)
{
	(void)setsid();
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		take_stream(s, fd);
	if (close_range(STDERR_FILENO + 1, ~0U, 0) < 0)
		fail(s, "descriptors");
	if (!s->terminal)
		return;
	/*
	 * It may still be another's, whose handler has not ended.  The user
	 * may open it again, as /dev/stdout.
	 */
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (ioctl(fd, TIOCSCTTY, 0) == 0) {
			if (fchown(fd, s->app->uid, (gid_t)-1) < 0)
				fail(s, "terminal");
			break;
		}
}

/*
 * A session keyring of its own: the caller's keys stay the caller's.  EPERM is
 * of a filter around us, as containers have, which the app inherits: for it,
 * too, there is no call that reads a key.
 */
static void
leave_keyring(const struct sandbox *s)
{
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 &&
	    errno != ENOSYS && errno != EPERM)
		fail(s, "session keyring");
}

/* pod-enter has warned of what cannot be. */
static void
set_limits(const struct sandbox *s)
{
	for (const struct app_limit *l = app_limits; l->name != NULL; l++) {
		struct rlimit limit = l->limit, own;

		if (setrlimit(l->resource, &limit) == 0)
			continue;
		/* Without CAP_SYS_RESOURCE none can be raised. */
		if (getrlimit(l->resource, &own) < 0)
			fail(s, "resource limits");
		if (limit.rlim_max > own.rlim_max)
			limit.rlim_max = own.rlim_max;
		if (limit.rlim_cur > limit.rlim_max)
			limit.rlim_cur = limit.rlim_max;
		if (setrlimit(l->resource, &limit) < 0)
			fail(s, "resource limits");
	}
}

static void
set_oom_score(const struct sandbox *s)
{
	char text[16];
	size_t n = sizeof text;
	uint32_t left = (uint32_t)(s->app->oom_score < 0 ? -s->app->oom_score
							 : s->app->oom_score);
	int fd;

	if ((s->app->flags & APP_OOM_SCORE) == 0)
		return;
	do {
		text[--n] = (char)('0' + left % 10);
		left /= 10;
	} while (left > 0);
	if (s->app->oom_score < 0)
		text[--n] = '-';
	fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text + n, sizeof text - n) < 0 || close(fd) < 0)
		fail(s, "oom_score_adj");
}

/* What a caller may have ignored must be the app's own choice again. */
static void
reset_signals(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		(void)signal(number, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * The image may have anything at that path; a magic link of /proc would lead
 * out of the app's root (CVE-2024-21626).
 */
static void
enter_directory(const struct sandbox *s)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_NO_MAGICLINKS,
	};
	int fd;

	if (s->app->directory == 0)
		return;
	fd = (int)syscall(SYS_openat2, AT_FDCWD,
	    plan_at(s->plan, s->app->directory), &how, sizeof how);
	if (fd < 0 || fchdir(fd) < 0)
		fail(s, "working directory");
	(void)close(fd);
}

/*
 * Ids and capabilities.  The bounding set is the app's; what this process
 * keeps besides lasts until execve(2), which makes of it the bounding set for
 * root and nothing for others, since inheritable and ambient sets are empty.
 * So CAP_SYS_ADMIN is there to load a filter without no_new_privs; and others
 * than root have nothing else, lest execve(2) run what they may not.
 */
static void
drop_rights(const struct sandbox *s)
{
	const struct plan_app *app = s->app;
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct sets[2];

	if (syscall(SYS_capget, &header, sets) < 0)
		fail(s, "capabilities");
	for (int i = 0; i < 2; i++) {
		uint64_t keep = UINT64_C(1) << CAP_SYS_ADMIN |
				(app->uid == 0 ? app->bounding : 0);

		/* rkt itself may have been given less. */
		sets[i].permitted &= (uint32_t)(keep >> (32 * i));
		sets[i].effective = sets[i].permitted;
		sets[i].inheritable = 0;
	}

	for (unsigned cap = 0; cap < 64; cap++) {
		if ((app->bounding >> cap & 1) != 0)
			continue;
		/* EINVAL: the kernel has no more of them. */
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0) {
			if (errno == EINVAL)
				break;
			fail(s, "capability bounding set");
		}
	}
	if (syscall(SYS_setgroups, app->gid_count,
		plan_at(s->plan, app->gids)) < 0 ||
	    setresgid(app->gid, app->gid, app->gid) < 0)
		fail(s, "groups");
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 ||
	    setresuid(app->uid, app->uid, app->uid) < 0)
		fail(s, "user");
	if (syscall(SYS_capset, &header, sets) < 0)
		fail(s, "capabilities");
}

static void
load_filter(const struct sandbox *s)
{
	struct sock_fprog program = {
		.len = (unsigned short)s->app->filter_count,
		.filter = (void *)plan_at(s->plan, s->app->filter),
	};

	if ((s->app->flags & APP_NO_NEW_PRIVS) != 0 &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		fail(s, "no_new_privs");
	/* Late: a change of ids clears it. */
	if (s->joined && prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		fail(s, "PR_SET_PDEATHSIG");
	if (program.len > 0 &&
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		fail(s, "system call filter");
}

/* As execvp(3), in the app's PATH; returns with errno. */
static void
search(const char *path, char **argv, char **environment)
{
	size_t name = strlen(argv[0]);
	bool denied = false;
	char file[PATH_MAX];

	if (name == 0 || strchr(argv[0], '/') != NULL) {
		(void)execve(argv[0], argv, environment);
		return;
	}
	for (const char *next = path; next != NULL;) {
		size_t length = strcspn(next, ":");

		if (length + name + 2 <= sizeof file) {
			memcpy(file, next, length);
			/* An empty part is the working directory. */
			if (length > 0)
				file[length++] = '/';
			memcpy(file + length, argv[0], name + 1);
			(void)execve(file, argv, environment);
			if (errno == EACCES)
				denied = true;
			else if (errno != ENOENT && errno != ENOTDIR)
				return;
		}
		next = strchr(next, ':');
		if (next != NULL)
			next++;
	}
	errno = denied ? EACCES : ENOENT;
}

/* The list has room for one more, and is this process's own copy. */
static char **
environment(const struct sandbox *s)
{
	char **list = plan_list(s->plan, s->app->environment);
	size_t count = 0;

	for (; list[count] != NULL; count++)
		if (strncmp(list[count], "TERM=", 5) == 0)
			return list;
	list[count] = s->term;
	return list;
}

_Noreturn void
sandbox_run(const struct sandbox *s)
{
	char **variables = environment(s);

	if (setns(s->mounts, CLONE_NEWNS) < 0)
		fail(s, "mount namespace");
	take_streams(s);
	leave_keyring(s);
	set_limits(s);
	set_oom_score(s);
	(void)umask(022);
	/* A caller without address randomization has it for itself alone. */
	if (syscall(SYS_personality, 0L) < 0)
		fail(s, "personality");
	enter_directory(s);
	drop_rights(s);
	reset_signals();
	load_filter(s);
	search(plan_at(s->plan, s->app->search), s->argv, variables);
	say(plan_at(s->plan, s->plan->program), plan_at(s->plan, s->app->name),
	    s->shown, errno);
	_exit(errno == ENOENT || errno == ENOTDIR ? CHAIN_NOTFOUND
						  : CHAIN_NOEXEC);
}
