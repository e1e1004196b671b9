/* SPDX-License-Identifier: Apache-2.0 */
/* bpf - test of lib/bpf.c and pod-prepare/syscalls.c */

#undef NDEBUG
#include <assert.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bpf.h"
#include "scope.h"
#include "syscalls.h"

#ifdef __x86_64__
#define NATIVE AUDIT_ARCH_X86_64
#else
#define NATIVE AUDIT_ARCH_AARCH64
#endif

enum {
	ALLOW = SECCOMP_RET_ALLOW,
	NOPERM = SECCOMP_RET_ERRNO | EPERM,
	NOSYS = SECCOMP_RET_ERRNO | ENOSYS
};
static const uint32_t killed = SECCOMP_RET_KILL_PROCESS;

struct program {
	struct sock_filter *code;
	size_t count;
};

/* What the kernel does with a program, for the instructions that we use. */
static uint32_t
run(const struct program *p, const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (size_t i = 0; i < p->count; i++) {
		const struct sock_filter *f = &p->code[i];
		bool yes = false;

		switch (f->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			assert(f->k % 4 == 0 && f->k < sizeof(*data));
			memcpy(&a, (const char *)data + f->k, 4);
			continue;
		case BPF_RET | BPF_K:
			return f->k;
		case BPF_JMP | BPF_JA:
			i += f->k;
			continue;
		case BPF_JMP | BPF_JEQ | BPF_K:
			yes = a == f->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			yes = a >= f->k;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			yes = (a & f->k) != 0;
			break;
		default:
			abort(); /* not known to this test */
		}
		i += yes ? f->jt : f->jf;
	}
	abort(); /* fell off the end */
}

static uint32_t
ask(const struct program *p, uint32_t nr, uint64_t first, uint64_t second)
{
	struct seccomp_data data = {
		.nr = (int)nr, .arch = NATIVE, .args = { first, second }
	};

	return run(p, &data);
}

static uint32_t
ask_foreign(const struct program *p, uint32_t nr)
{
	struct seccomp_data data = { .nr = (int)nr, .arch = AUDIT_ARCH_I386 };

	return run(p, &data);
}

static void
every_number(void)
{
	struct program p = { 0 };
	struct verdicts v;
	size_t refused = 0;

	syscalls_default(&v);
	p.code = bpf_compile(&v, &p.count);
	assert(p.count < 150);
	for (uint32_t nr = 0; nr < BPF_CALLS; nr++) {
		uint32_t want = v.call[nr] <= BPF_CHECK_PERSONALITY
				    ? (uint32_t)ALLOW
				    : v.call[nr];

		assert(ask(&p, nr, 0, 0) == want);
		refused += want == (uint32_t)NOPERM;
		assert(ask_foreign(&p, nr) == (uint32_t)NOSYS);
#ifdef __x86_64__
		assert(ask(&p, nr | 0x40000000, 0, 0) == (uint32_t)NOSYS);
#endif
	}
#ifdef __x86_64__
	/* All but clone3 of the 67 of 362 that moby refuses today. */
	assert(refused == 66);
#endif
	assert(ask(&p, SYS_clone3, 0, 0) == (uint32_t)NOSYS);
	assert(ask(&p, 435 + 64, 0, 0) == (uint32_t)NOSYS);
	assert(ask(&p, BPF_CALLS, 0, 0) == (uint32_t)NOSYS);
	assert(ask(&p, 0xffffffff, 0, 0) == (uint32_t)NOSYS);
	assert(ask(&p, 462, 0, 0) == ALLOW); /* mseal: by number */
	free(p.code);
}

static void
arguments(void)
{
	const uint64_t high = (uint64_t)1 << 32;
	struct program p = { 0 };
	struct verdicts v;

	syscalls_default(&v);
	p.code = bpf_compile(&v, &p.count);
	assert(ask(&p, SYS_ioctl, 0, TIOCGWINSZ) == ALLOW);
	assert(ask(&p, SYS_ioctl, 0, TIOCSTI) == (uint32_t)NOPERM);
	assert(ask(&p, SYS_ioctl, 0, TIOCSTI | high) == (uint32_t)NOPERM);
	assert(ask(&p, SYS_ioctl, 0, TIOCLINUX) == (uint32_t)NOPERM);
	assert(ask(&p, SYS_ioctl, 0, TIOCSETD | high) == (uint32_t)NOPERM);
	assert(ask(&p, SYS_socket, AF_UNIX, 0) == ALLOW);
	assert(ask(&p, SYS_socket, AF_ALG, 0) == (uint32_t)NOPERM);
	assert(ask(&p, SYS_socket, AF_VSOCK | high, 0) == (uint32_t)NOPERM);
	assert(ask(&p, SYS_clone, SIGCHLD | CLONE_VM, 0) == ALLOW);
	assert(ask(&p, SYS_clone, CLONE_NEWUSER, 0) == (uint32_t)NOPERM);
	assert(
	    ask(&p, SYS_clone, SIGCHLD | CLONE_NEWNS, 0) == (uint32_t)NOPERM);
	assert(ask(&p, SYS_personality, PER_LINUX, 0) == ALLOW);
	assert(ask(&p, SYS_personality, 0xffffffff, 0) == ALLOW);
	assert(
	    ask(&p, SYS_personality, ADDR_NO_RANDOMIZE, 0) == (uint32_t)NOPERM);
	free(p.code);
}

static struct program
own_set(bool retain, unsigned refusal, const char *const names[])
{
	struct program p = { 0 };
	struct strings set = { 0 };
	struct verdicts v;

	while (names[set.count] != NULL)
		set.count++;
	set.list = (char **)(uintptr_t)names; /* which only reads them */
	assert((retain ? syscalls_retain : syscalls_remove)(
		   &set, refusal, &v) == NULL);
	p.code = bpf_compile(&v, &p.count);
	return p;
}

static void
retained(void)
{
	struct program p = own_set(true, killed,
	    (const char *[]){
		"read", "ioctl", "clone", "@systemd/clock", NULL });

	assert(ask(&p, SYS_read, 0, 0) == ALLOW);
	assert(ask(&p, SYS_execve, 0, 0) == ALLOW);
	assert(ask(&p, SYS_settimeofday, 0, 0) == ALLOW);
	assert(ask(&p, SYS_write, 0, 0) == killed);
	assert(ask(&p, 511, 0, 0) == killed && ask_foreign(&p, 3) == killed);
	assert(ask(&p, SYS_ioctl, 0, TIOCSTI) == (uint32_t)NOPERM);
	assert(ask(&p, SYS_clone3, 0, 0) == (uint32_t)NOSYS);
	free(p.code);
	p = own_set(true, (unsigned)NOPERM,
	    (const char *[]){ "@docker/default-whitelist", "mount", NULL });
	assert(ask(&p, SYS_mount, 0, 0) == ALLOW);
	assert(ask(&p, SYS_umount2, 0, 0) == (uint32_t)NOPERM);
	assert(ask(&p, SYS_clone, CLONE_NEWUSER, 0) == (uint32_t)NOPERM);
	free(p.code);
}

static void
removed(void)
{
	struct program p = own_set(false, killed,
	    (const char *[]){ "@rkt/default-blacklist", "chdir", NULL });

	assert(ask(&p, SYS_chdir, 0, 0) == killed);
	assert(ask(&p, SYS_mount, 0, 0) == killed);
	assert(ask(&p, SYS_ptrace, 0, 0) == killed);
	assert(ask(&p, SYS_clone3, 0, 0) == ALLOW);
	assert(ask(&p, SYS_ioctl, 0, TIOCSTI) == (uint32_t)NOPERM);
	assert(ask_foreign(&p, 3) == killed);
#ifdef __x86_64__
	assert(ask(&p, SYS_chdir | 0x40000000, 0, 0) == killed);
#endif
	free(p.code);
}

/* More ranges than a conditional jump can reach over. */
static void
long_program(void)
{
	struct program p = { 0 };
	struct verdicts v = { .other = killed, .foreign = killed };

	for (uint32_t i = 0; i < BPF_CALLS; i++)
		v.call[i] = SECCOMP_RET_ERRNO | (i * 7919 % BPF_CALLS + 1);
	v.call[BPF_CALLS - 1] = BPF_CHECK_IOCTL;
	p.code = bpf_compile(&v, &p.count);
	for (uint32_t i = 0; i < BPF_CALLS - 1; i++)
		assert(ask(&p, i, 0, 0) == v.call[i]);
	assert(ask(&p, BPF_CALLS - 1, 0, TIOCSTI) == (uint32_t)NOPERM);
	assert(ask_foreign(&p, 1) == killed);
	free(p.code);
	for (uint32_t i = 0; i < BPF_CALLS; i++)
		v.call[i] = killed;
	p.code = bpf_compile(&v, &p.count);
	assert(ask(&p, 0, 0, 0) == killed);
	free(p.code);
}

static void
names(void)
{
	char known[] = "read", unknown[] = "no\033such";
	struct strings set = { (char *[]){ known, unknown, NULL }, 2 };
	struct verdicts v;
	autofree char *why = syscalls_retain(&set, killed, &v);

	assert(why != NULL);
	assert(strcmp(why, "unknown system call \"no\\x1bsuch\"") == 0);
	assert(syscalls_errno("EPERM") == (unsigned)NOPERM);
	assert(syscalls_errno("ENOSYS") == (unsigned)NOSYS);
	assert(syscalls_errno("EWHAT") == 0 && syscalls_errno("") == 0);
}

/* The kernel takes it, and does what the interpreter above says. */
static void
kernel(void)
{
	struct verdicts v;
	struct sock_fprog program = { 0 };
	size_t count;
	pid_t child;
	int status;

	syscalls_default(&v);
	program.filter = bpf_compile(&v, &count);
	program.len = (unsigned short)count;
	child = fork();
	if (child == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
		    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
			_exit(1);
		if (syscall(SYS_unshare, 0) != -1 || errno != EPERM)
			_exit(2);
		if (syscall(500) != -1 || errno != ENOSYS)
			_exit(3);
		if (ioctl(0, TIOCSTI, "x") != -1 || errno != EPERM)
			_exit(4);
		_exit(0);
	}
	assert(child > 0 && waitpid(child, &status, 0) == child);
	assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	free(program.filter);
}

int
main(void)
{
	every_number();
	arguments();
	retained();
	removed();
	long_program();
	names();
	kernel();
	return 0;
}
