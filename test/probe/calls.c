/* SPDX-License-Identifier: Apache-2.0 */
/* calls - what the system call filter says of every number, without calling */
/*
 * calls [x32|i386]   a line for each number from 0 to 600: NUMBER ANSWER
 *
 * The thread that probes has a filter of its own besides, which refers every
 * call to the other thread.  The kernel takes the strictest answer: a call
 * that is refused never gets there, and one that is allowed is answered by
 * the other thread, and so has no effect.
 */

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	CALLS = 601,
	ALLOWED = 4000,
	X32 = 0x40000000,
	URETPROBE = 335,
	UPROBE = 336,
};

static long (*make)(long number);
static long answers[CALLS];
static _Atomic int listener = -1;
static _Atomic int done;

static long
by_syscall(long number)
{
	register long last __asm__("r9") = 0;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(0L), "S"(0L), "d"(0L), "r"(last)
			 : "rcx", "r11", "memory");
	return result;
}

static long
by_x32(long number)
{
	return by_syscall(number | X32);
}

static long
by_interrupt(long number)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(number), "b"(0L), "c"(0L), "d"(0L)
			 : "r8", "r9", "r10", "r11", "memory");
	return (int)result;
}

static void *
probe(void *unused)
{
	/* All but the end of this thread, which comes with a mark. */
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, args[5])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x600d, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
	};
	struct sock_fprog program = { sizeof code / sizeof *code, code };
	long fd;

	fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	    SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
	if (fd < 0) {
		perror("seccomp");
		exit(1);
	}
	listener = (int)fd;
	for (long i = 0; i < CALLS; i++)
		if (make == by_syscall && i >= URETPROBE && i <= UPROBE)
			/* Trampolines: past any filter, SIGILL for us. */
			answers[i] = -EACCES;
		else
			answers[i] = make(i);
	done = 1;
	(void)syscall(SYS_exit, 0L, 0L, 0L, 0L, 0L, 0x600dL);
	return unused;
}

/* Answers what gets through. */
static void *
answer(void *unused)
{
	struct seccomp_notif ask;
	struct seccomp_notif_resp say;

	while (listener < 0)
		;
	for (;;) {
		memset(&ask, 0, sizeof ask);
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &ask) < 0)
			continue;
		say =
		    (struct seccomp_notif_resp){ .id = ask.id, .val = ALLOWED };
		(void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &say);
	}
	return unused;
}

int
main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";
	pthread_t one, other;

	make = strcmp(how, "x32") == 0    ? by_x32
	       : strcmp(how, "i386") == 0 ? by_interrupt
					  : by_syscall;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    pthread_create(&other, NULL, answer, NULL) != 0 ||
	    pthread_create(&one, NULL, probe, NULL) != 0)
		return 1;
	while (!done)
		(void)usleep(1000);
	for (int i = 0; i < CALLS; i++)
		printf("%d %s\n", i,
		    answers[i] == ALLOWED ? "allowed"
		    : answers[i] == -EACCES
			? "kernel"
			: strerrorname_np((int)-answers[i]));
	return 0;
}
