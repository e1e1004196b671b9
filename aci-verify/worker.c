/* SPDX-License-Identifier: Apache-2.0 */
/* worker - work on hostile bytes in a child that cannot run for ever */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "alloc.h"
#include "publish.h"
#include "record.h"
#include "scope.h"
#include "worker.h"

/* What a child may answer with: some armoured keys. */
enum { ANSWER_MAX = 8 * 1024 * 1024 };

static _Noreturn void
child(json_t *(*work)(const void *data), const void *data, unsigned seconds,
    int out, pid_t parent)
{
	const struct rlimit cpu = { seconds, seconds + 1 };
	const struct rlimit core = { 0, 0 };
	json_t *answer;
	char *text;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	(void)setpgid(0, 0);
	if (setrlimit(RLIMIT_CPU, &cpu) < 0 ||
	    setrlimit(RLIMIT_CORE, &core) < 0)
		_exit(1);
	answer = work(data);
	text = json_dumps(answer, JSON_COMPACT | JSON_ENCODE_ANY);
	if (text == NULL || write_all(out, text, strlen(text)) < 0)
		_exit(1);
	_exit(0);
}

static int64_t
milliseconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* All that comes through the pipe until then; NULL: not all of it came. */
static char *
read_answer(int in, int64_t deadline, size_t *length)
{
	autofree char *bytes = xcalloc(ANSWER_MAX, 1);

	*length = 0;
	while (*length < ANSWER_MAX) {
		struct pollfd ready = { .fd = in, .events = POLLIN };
		int64_t left = deadline - milliseconds();
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

static json_t *
parse_answer(const char *bytes, size_t length)
{
	autofree char *why = NULL;

	return bytes == NULL ? NULL : json_parse(bytes, length, &why);
}

json_t *
worker_run(json_t *(*work)(const void *data), const void *data,
    unsigned seconds, const char **why)
{
	int64_t deadline = milliseconds() + (int64_t)seconds * 1000;
	autofree char *bytes = NULL;
	json_t *answer;
	pid_t parent = getpid(), pid;
	size_t length = 0;
	int ends[2];

	*why = "cannot start a process";
	if (pipe2(ends, O_CLOEXEC) < 0)
		return NULL;
	pid = fork();
	if (pid == 0)
		child(work, data, seconds, ends[1], parent);
	(void)close(ends[1]);
	if (pid > 0) {
		(void)setpgid(pid, pid);
		bytes = read_answer(ends[0], deadline, &length);
		(void)kill(-pid, SIGKILL);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		*why = milliseconds() < deadline ? "gpg failed"
						 : "gpg took too long";
	}
	(void)close(ends[0]);
	answer = parse_answer(bytes, length);
	return answer;
}
