/* SPDX-License-Identifier: Apache-2.0 */
/* worker - work on hostile bytes in a child that cannot run for ever */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "alloc.h"
#include "clock.h"
#include "escape.h"
#include "publish.h"
#include "record.h"
#include "scope.h"
#include "worker.h"

/* What a child may answer with: some armoured keys. */
enum { ANSWER_MAX = 8 * 1024 * 1024 };

/* What the child is to do, and for how long. */
struct task {
	const struct home *home;
	json_t *(*work)(const void *data);
	const void *data;
	unsigned seconds;
};

static _Noreturn void
child(const struct task *task, int out, pid_t parent)
{
	const struct rlimit cpu = { task->seconds, task->seconds + 1 };
	json_t *answer;
	char *text;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* 0 is a parent outside of our namespace. */
	if (getppid() != parent && getppid() != 0)
		_exit(1);
	(void)setpgid(0, 0);
	if (setrlimit(RLIMIT_CPU, &cpu) < 0 || home_enter(task->home) < 0)
		_exit(EX_OSERR);
	answer = task->work(task->data);
	text = json_dumps(answer, JSON_COMPACT | JSON_ENCODE_ANY);
	if (text == NULL || write_all(out, text, strlen(text)) < 0)
		_exit(1);
	_exit(0);
}

/*
 * For root the child is the first process of a namespace: what it starts ends
 * with it, whoever ends it.
 */
static pid_t
fork_apart(void)
{
	autofd int ours = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
	pid_t pid;

	if (geteuid() != 0)
		return fork();
	if (ours < 0 || unshare(CLONE_NEWPID) < 0)
		return -1;
	pid = fork();
	/* Else the next child would be in a namespace that has ended. */
	if (pid > 0 && setns(ours, CLONE_NEWPID) < 0)
		return -1;
	return pid;
}

/* All that comes through the pipe until then; NULL: not all of it came. */
static char *
read_answer(int in, int64_t deadline, size_t *length)
{
	autofree char *bytes = xcalloc(ANSWER_MAX, 1);

	*length = 0;
	while (*length < ANSWER_MAX) {
		struct pollfd ready = { .fd = in, .events = POLLIN };
		int64_t left = deadline - clock_ms();
		ssize_t n;

		if (left <= 0)
			return NULL;
		if (poll(&ready, 1, (int)left) <= 0)
			continue;
		n = read(in, bytes + *length, ANSWER_MAX - *length);
		if (n < 0 && errno != EINTR)
			return NULL;
		if (n == 0)
			return take_ptr(&bytes);
		*length += n < 0 ? 0 : (size_t)n;
	}
	return NULL;
}

/* What is bytes, not words to be shown. */
static bool
is_raw(const char *member)
{
	return strcmp(member, "text") == 0 || strcmp(member, "armour") == 0;
}

/* All words are said to be escaped, by who may not be believed. */
static void
clean(json_t *value)
{
	autofree char *shown = NULL;
	const char *member;
	json_t *part;
	size_t i;

	if (json_is_string(value)) {
		shown = escape_again(json_string_value(value));
		(void)json_string_set(value, shown);
	}
	json_array_foreach(value, i, part) clean(part);
	json_object_foreach(value, member, part) if (!is_raw(member))
	    clean(part);
}

static json_t *
parse_answer(const char *bytes, size_t length)
{
	autofree char *why = NULL;
	json_t *answer = bytes == NULL ? NULL : json_parse(bytes, length, &why);

	clean(answer);
	return answer;
}

/* Ends the child and what it started.  Why there may be no answer from it. */
static const char *
end(pid_t pid, int64_t deadline)
{
	int status = 0;

	(void)kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (clock_ms() >= deadline)
		return "gpg took too long";
	return WIFEXITED(status) && WEXITSTATUS(status) == EX_OSERR
		   ? "gpg: cannot give up rights"
		   : "gpg failed";
}

json_t *
worker_run(const struct home *home, json_t *(*work)(const void *data),
    const void *data, unsigned seconds, const char **why)
{
	const struct task task = { home, work, data, seconds };
	int64_t deadline = clock_ms() + (int64_t)seconds * 1000;
	autofree char *bytes = NULL;
	json_t *answer;
	pid_t parent = getpid(), pid;
	size_t length = 0;
	int ends[2];

	*why = "cannot start a process";
	if (pipe2(ends, O_CLOEXEC) < 0)
		return NULL;
	pid = fork_apart();
	if (pid == 0)
		child(&task, ends[1], parent);
	(void)close(ends[1]);
	if (pid > 0) {
		(void)setpgid(pid, pid);
		bytes = read_answer(ends[0], deadline, &length);
		*why = end(pid, deadline);
	}
	(void)close(ends[0]);
	answer = parse_answer(bytes, length);
	return answer;
}
