/* SPDX-License-Identifier: Apache-2.0 */
/* probe - asks the kernel what no shell can, from inside a pod */
/*
 * probe call NUMBER [ARG…]     make a system call; prints 0 or the error's name
 * probe tiocsti                type into the terminal of stdin, all ways
 * probe keys add COMMAND…      give the session keyring a key, then run COMMAND
 * probe keys find              is that key to be seen?
 * probe signals                the signals that are ignored or blocked
 * probe ignore COMMAND…        ignore what can be, then run COMMAND
 * probe fds N DIR COMMAND…     open DIR as the descriptors 3 to N, then COMMAND
 * probe limits                 soft and hard limit of each resource
 * probe open FILE              how often it can be opened
 * probe swap A B               exchanges two names, for ever
 * probe self                   what else a process is that no file tells
 * probe forks                  as many processes as can be: how many, and why
 * probe real-time              ask for a scheduler that others wait for
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef PR_GET_MDWE
#define PR_GET_MDWE 66
#endif

static void
say(const char *what, long result)
{
	printf("%s%s%s\n", what, *what == '\0' ? "" : " ",
	    result < 0 ? strerrorname_np(errno) : "0");
}

static int
become(char **argv)
{
	execvp(argv[0], argv);
	perror(argv[0]);
	return 127;
}

static void
call(int argc, char **argv)
{
	long a[7] = { 0 };

	for (int i = 0; i < argc && i < 7; i++)
		a[i] = (long)strtoull(argv[i], NULL, 0);
	say("", syscall(a[0], a[1], a[2], a[3], a[4], a[5], a[6]));
}

static void
tiocsti(void)
{
	char c = 'X';

	say("TIOCSTI", syscall(SYS_ioctl, 0, (long)TIOCSTI, &c));
	/* The kernel looks at the lower half only (CVE-2019-9893). */
	say("TIOCSTI|1<<32",
	    syscall(SYS_ioctl, 0, (long)TIOCSTI | 1L << 32, &c));
	c = 2;
	say("TIOCLINUX", syscall(SYS_ioctl, 0, (long)TIOCLINUX, &c));
	say("TIOCSETD", syscall(SYS_ioctl, 0, (long)TIOCSETD, &(int){ 0 }));
}

static int
keys(char **argv)
{
	if (strcmp(argv[0], "find") == 0) {
		say("", syscall(SYS_keyctl, KEYCTL_SEARCH,
			    KEY_SPEC_SESSION_KEYRING, "user", "canary", 0));
		return 0;
	}
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 ||
	    syscall(SYS_add_key, "user", "canary", "x", 1,
		KEY_SPEC_SESSION_KEYRING) < 0) {
		perror("keyring");
		return 1;
	}
	return become(argv + 1);
}

static void
signals(void)
{
	sigset_t blocked;

	sigprocmask(SIG_BLOCK, NULL, &blocked);
	for (int i = 1; i < NSIG; i++) {
		struct sigaction action;

		if (sigaction(i, NULL, &action) == 0 &&
		    action.sa_handler != SIG_DFL)
			printf("ignored %d\n", i);
		if (sigismember(&blocked, i) == 1)
			printf("blocked %d\n", i);
	}
}

static int
ignore(char **argv)
{
	sigset_t all;

	for (int i = 1; i < NSIG; i++)
		(void)signal(i, SIG_IGN);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	return become(argv);
}

static int
fds(char **argv)
{
	int fd = open(argv[1], O_RDONLY | O_DIRECTORY);

	if (fd < 0) {
		perror(argv[1]);
		return 1;
	}
	for (int i = 3; i <= atoi(argv[0]); i++)
		if (i != fd && dup2(fd, i) < 0)
			return 1;
	return become(argv + 2);
}

static void
limits(void)
{
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		struct rlimit limit;

		getrlimit(i, &limit);
		printf("%d %llu %llu\n", i, (unsigned long long)limit.rlim_cur,
		    (unsigned long long)limit.rlim_max);
	}
}

static void
self(void)
{
	static const struct {
		const char *name;
		int option;
	} options[] = {
		{ "dumpable", PR_GET_DUMPABLE },
		{ "keepcaps", PR_GET_KEEPCAPS },
		{ "mdwe", PR_GET_MDWE },
		{ "securebits", PR_GET_SECUREBITS },
		{ "subreaper", PR_GET_CHILD_SUBREAPER },
		{ "thp_disable", PR_GET_THP_DISABLE },
		{ "timerslack", PR_GET_TIMERSLACK },
	};

	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		int value = -1;
		int result = prctl(options[i].option,
		    options[i].option == PR_GET_CHILD_SUBREAPER ? (long)&value
								: 0L,
		    0L, 0L, 0L);

		printf(
		    "%s %d\n", options[i].name, value == -1 ? result : value);
	}
	printf("leads %d\n", getsid(0) == getppid() || getsid(0) == getpid());
	printf("personality %d\n", personality(0xffffffff));
	printf("policy %d\n", sched_getscheduler(0));
	printf("terminal %d\n", open("/dev/tty", O_RDWR) >= 0);
}

static void
open_all(const char *file)
{
	int count = 0;

	while (open(file, O_RDWR | O_NOCTTY) >= 0)
		count++;
	printf("%d\n", count);
}

static int
swap(char **names)
{
	while (renameat2(AT_FDCWD, names[0], AT_FDCWD, names[1],
		   RENAME_EXCHANGE) == 0)
		;
	perror(names[0]);
	return 1;
}

/* They all live until there are no more; then they end. */
static void
forks(void)
{
	int pipes[2], count = 0, error = 0;
	char c;

	if (pipe(pipes) < 0)
		return;
	while (count < 100000) {
		pid_t pid = fork();

		if (pid == 0) {
			close(pipes[1]);
			(void)!read(pipes[0], &c, 1);
			_exit(0);
		}
		if (pid < 0) {
			error = errno;
			break;
		}
		count++;
	}
	printf("%d %s\n", count, strerrorname_np(error));
	fflush(stdout);
	close(pipes[1]);
	while (wait(NULL) > 0)
		;
}

static char main_memory[1 << 20];

static void
real_time(void)
{
	const struct sched_param first = { .sched_priority = 1 };

	say("SCHED_FIFO", sched_setscheduler(0, SCHED_FIFO, &first));
	say("nice", setpriority(PRIO_PROCESS, 0, -1));
	/* IOPRIO_CLASS_RT */
	say("ioprio", syscall(SYS_ioprio_set, 1, 0, 1 << 13));
	say("mlock", syscall(SYS_mlock, main_memory, sizeof main_memory));
}

int
main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "call") == 0)
		call(argc - 2, argv + 2);
	else if (strcmp(what, "tiocsti") == 0)
		tiocsti();
	else if (strcmp(what, "keys") == 0 && argc > 2)
		return keys(argv + 2);
	else if (strcmp(what, "signals") == 0)
		signals();
	else if (strcmp(what, "ignore") == 0 && argc > 2)
		return ignore(argv + 2);
	else if (strcmp(what, "fds") == 0 && argc > 4)
		return fds(argv + 2);
	else if (strcmp(what, "limits") == 0)
		limits();
	else if (strcmp(what, "open") == 0 && argc > 2)
		open_all(argv[2]);
	else if (strcmp(what, "swap") == 0 && argc > 3)
		return swap(argv + 2);
	else if (strcmp(what, "self") == 0)
		self();
	else if (strcmp(what, "forks") == 0)
		forks();
	else if (strcmp(what, "real-time") == 0)
		real_time();
	else
		return 64;
	return 0;
}
