/* SPDX-License-Identifier: Apache-2.0 */
/* plugin - a program of the host's that is asked, and not trusted to answer */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc.h"
#include "clock.h"
#include "plugin.h"
#include "publish.h"
#include "scope.h"

/* One that is running: its process, and our ends of what it writes to. */
struct run {
	pid_t pid;
	int process;
	int output, errors;
	int64_t deadline; /* milliseconds */
};

/* In the child: 0 to 2 and nothing else, and the signals as they were born. */
static _Noreturn void
become(const char *path, char *const variables[], int input, int output,
    int errors)
{
	char *const argv[] = { strrchr(path, '/') + 1, NULL };
	sigset_t none;

	(void)setpgid(0, 0);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && dup2(input, 0) == 0 &&
	    dup2(output, 1) == 1 && dup2(errors, 2) == 2 &&
	    close_range(3, ~0U, 0) == 0)
		(void)execve(path, argv, variables);
	_exit(127);
}

static int
start(const char *path, char *const variables[], int input, struct run *run)
{
	int output[2], errors[2];

	if (pipe2(output, O_CLOEXEC) < 0)
		return -1;
	if (pipe2(errors, O_CLOEXEC) < 0) {
		(void)close(output[0]);
		(void)close(output[1]);
		return -1;
	}
	run->pid = fork();
	if (run->pid == 0)
		become(path, variables, input, output[1], errors[1]);
	(void)close(output[1]);
	(void)close(errors[1]);
	run->output = output[0];
	run->errors = errors[0];
	if (run->pid < 0)
		return -1;
	run->process = (int)syscall(SYS_pidfd_open, run->pid, 0);
	return fcntl(run->output, F_SETFL, O_NONBLOCK) < 0 ||
		       fcntl(run->errors, F_SETFL, O_NONBLOCK) < 0
		   ? -1
		   : 0;
}

/* Takes what is there, keeps what there is room for: false at the end. */
static bool
take(int fd, char *room, size_t size, size_t *used, bool *more)
{
	char spare[4096];
	bool full = *used == size;
	ssize_t n = full ? read(fd, spare, sizeof spare)
			 : read(fd, room + *used, size - *used);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (full && n > 0)
		*more = true;
	else
		*used += (size_t)n;
	return n > 0;
}

/* Until it has ended: what is wrong, or NULL. */
static const char *
listen_to(struct run *run, struct plugin_answer *answer)
{
	struct pollfd sources[] = { { run->process, POLLIN, 0 },
		{ run->output, POLLIN, 0 }, { run->errors, POLLIN, 0 } };
	size_t kept = 0;
	bool more = false, ignored = false, ended = false;

	while (!ended) {
		int64_t left = run->deadline - clock_ms();
		int n = left <= 0 ? 0 : poll(sources, 3, (int)left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return "has not ended in time";
		/* Looked at first: what it wrote before is in the pipes now. */
		ended = (sources[0].revents & POLLIN) != 0;
		if (sources[1].fd >= 0 && (ended || sources[1].revents != 0) &&
		    !take(run->output, answer->output, PLUGIN_OUTPUT_MAX,
			&answer->length, &more))
			sources[1].fd = -1;
		if (sources[2].fd >= 0 && (ended || sources[2].revents != 0) &&
		    !take(run->errors, answer->errors, PLUGIN_ERRORS_MAX, &kept,
			&ignored))
			sources[2].fd = -1;
		if (more)
			return "says too much";
	}
	/* The pipe may hold more than one read took. */
	while (sources[1].fd >= 0 && !more) {
		size_t before = answer->length;

		if (!take(run->output, answer->output, PLUGIN_OUTPUT_MAX,
			&answer->length, &more) ||
		    answer->length == before)
			break;
	}
	return more ? "says too much" : NULL;
}

static int
finish(struct run *run, const char *wrong, char **why)
{
	int status = 0;

	if (wrong != NULL)
		(void)kill(-run->pid, SIGKILL);
	if (wrong != NULL)
		(void)kill(run->pid, SIGKILL);
	while (waitpid(run->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (wrong != NULL)
		*why = xstrdup(wrong);
	else if (WIFSIGNALED(status))
		*why = xasprintf("ended by signal %d", WTERMSIG(status));
	else
		return WEXITSTATUS(status);
	return -1;
}

int
plugin_run(const char *path, char *const variables[], const char *input,
    size_t length, unsigned seconds, struct plugin_answer *answer, char **why)
{
	autofd int file = memfd_create("conf", MFD_CLOEXEC);
	struct run run = { .pid = -1,
		.process = -1,
		.output = -1,
		.errors = -1,
		.deadline = clock_ms() + (int64_t)seconds * 1000 };
	int result = -1;

	*answer = (struct plugin_answer){ 0 };
	if (file < 0 || write_all(file, input, length) < 0 ||
	    lseek(file, 0, SEEK_SET) < 0 ||
	    start(path, variables, file, &run) < 0) {
		*why = xstrdup(strerror(errno));
	} else {
		answer->output = xcalloc(1, PLUGIN_OUTPUT_MAX + 1);
		answer->errors = xcalloc(1, PLUGIN_ERRORS_MAX + 1);
	}
	if (run.pid > 0)
		result = finish(
		    &run, *why == NULL ? listen_to(&run, answer) : *why, why);
	scope_close(&run.process);
	scope_close(&run.output);
	scope_close(&run.errors);
	return result;
}
