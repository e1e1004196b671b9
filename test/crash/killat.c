/* SPDX-License-Identifier: Apache-2.0 */
/*
 * killat - kill a command, and all that it starts, at a system call
 *
 * usage: killat N COMMAND [ARG...]
 *        killat --count COMMAND [ARG...]
 *
 * Lets N system calls begin, counted over all processes and threads in the
 * order in which they come, and kills them all before the next one does
 * anything.  Then its exit status is 137; COMMAND's if that ended before.
 * --count writes the number of all of them on the last line of stderr.  125:
 * killat itself failed.
 */

#include <err.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FAILED = 125, KILLED = 128 + SIGKILL };

/* A stop at a system call, as PTRACE_O_TRACESYSGOOD marks it. */
enum { CALL_STOP = SIGTRAP | 0x80 };

/* Of struct ptrace_syscall_info we read the first byte alone. */
enum { CALL_ENTERED = 1 };

static const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK |
			    PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
			    PTRACE_O_EXITKILL;

/* Processes and threads that have been seen and have not ended. */
enum { TASKS_MAX = 1024 };
static pid_t alive[TASKS_MAX];
static size_t alive_count;

static pid_t
start(char *argv[])
{
	pid_t pid = fork();

	if (pid < 0)
		err(FAILED, "fork");
	if (pid == 0) {
		/* Until the parent has taken hold of us. */
		(void)raise(SIGSTOP);
		(void)execvp(argv[0], argv);
		err(errno == ENOENT ? 127 : 126, "%s", argv[0]);
	}
	if (waitpid(pid, NULL, WUNTRACED) != pid ||
	    ptrace(PTRACE_SEIZE, pid, NULL, options) < 0 ||
	    kill(pid, SIGCONT) < 0)
		err(FAILED, "%s", argv[0]);
	return pid;
}

static bool
begins_call(pid_t pid)
{
	unsigned char info[128] = { 0 };

	return ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, info) > 0 &&
	       info[0] == CALL_ENTERED;
}

/* Lets it go on, with the signal that it was about to get. */
static void
go_on(pid_t pid, int status)
{
	int number = WSTOPSIG(status);
	bool group = status >> 16 == PTRACE_EVENT_STOP &&
		     (number == SIGSTOP || number == SIGTSTP ||
			 number == SIGTTIN || number == SIGTTOU);

	/* Who has been stopped stays so, until somebody continues him. */
	if (group) {
		(void)ptrace(PTRACE_LISTEN, pid, NULL, NULL);
		return;
	}
	if (number == CALL_STOP || status >> 16 != 0)
		number = 0;
	(void)ptrace(PTRACE_SYSCALL, pid, NULL, number);
}

/* Kills those that live, and those of whom we are only about to hear. */
static void
kill_all(pid_t pid)
{
	int status;

	(void)kill(pid, SIGKILL);
	for (size_t i = 0; i < alive_count; i++)
		(void)kill(alive[i], SIGKILL);
	while ((pid = waitpid(-1, &status, __WALL)) > 0)
		if (WIFSTOPPED(status))
			(void)kill(pid, SIGKILL);
}

/* Its first stop, or its end. */
static void
note(pid_t pid, bool lives)
{
	size_t i = 0;

	while (i < alive_count && alive[i] != pid)
		i++;
	if (lives && i == alive_count) {
		if (alive_count == TASKS_MAX)
			errx(FAILED, "more than %d processes", TASKS_MAX);
		alive[alive_count++] = pid;
	} else if (!lives && i < alive_count) {
		alive[i] = alive[--alive_count];
	}
}

/* The status with which the shell would know it. */
static int
shell_status(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int
main(int argc, char *argv[])
{
	unsigned long most = ULONG_MAX, count = 0;
	pid_t first, pid;
	int status, result = FAILED;
	bool counts = argc > 2 && strcmp(argv[1], "--count") == 0;
	char *end = NULL;

	if (argc < 3)
		errx(FAILED, "usage: killat N|--count COMMAND [ARG...]");
	if (!counts) {
		most = strtoul(argv[1], &end, 10);
		if (*end != '\0' || end == argv[1])
			errx(FAILED, "%s: not a number", argv[1]);
	}
	/* Whose parent is killed comes to us, and does not stay a zombie. */
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	first = start(argv + 2);
	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		note(pid, WIFSTOPPED(status));
		if (pid == first && !WIFSTOPPED(status))
			result = shell_status(status);
		if (!WIFSTOPPED(status))
			continue;
		if (WSTOPSIG(status) == CALL_STOP && begins_call(pid) &&
		    count++ == most) {
			kill_all(pid);
			return KILLED;
		}
		go_on(pid, status);
	}
	if (counts)
		(void)fprintf(stderr, "%lu\n", count);
	return result;
}
