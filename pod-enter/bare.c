/* SPDX-License-Identifier: Apache-2.0 */
/* bare - what pod-init has in place of a C library */
/*
 * The few functions that it and its sandbox call, with the names and the
 * meaning that the system's headers give them.  A library would read the
 * processor's features before main(), which a virtual machine answers in
 * 0.3 ms, and keep 20 pages more of every pod.
 */

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv);
_Noreturn void bare_start(uintptr_t *stack);
_Noreturn void __stack_chk_fail(void);

/* Set from the kernel's random bytes before anything is called. */
uintptr_t __stack_chk_guard;

extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern ElfW(Dyn) _DYNAMIC[] __attribute__((visibility("hidden")));

#if defined(__x86_64__)
#define RELATIVE R_X86_64_RELATIVE
__asm__(".globl _start\n"
	".type _start, %function\n"
	"_start:\n"
	"	xorl %ebp, %ebp\n"
	"	movq %rsp, %rdi\n"
	"	andq $-16, %rsp\n"
	"	call bare_start\n"
	"	hlt\n");

static long
call(const long a[7])
{
	register long d __asm__("r10");
	register long e __asm__("r8");
	register long f __asm__("r9");
	long result;

	d = a[4];
	e = a[5];
	f = a[6];
	__asm__ volatile(
	    "syscall"
	    : "=a"(result)
	    : "a"(a[0]), "D"(a[1]), "S"(a[2]), "d"(a[3]), "r"(d), "r"(e), "r"(f)
	    : "rcx", "r11", "memory");
	return result;
}
#elif defined(__aarch64__)
#define RELATIVE R_AARCH64_RELATIVE
__asm__(".globl _start\n"
	".type _start, %function\n"
	"_start:\n"
	"	mov x29, #0\n"
	"	mov x30, #0\n"
	"	mov x0, sp\n"
	"	and sp, x0, #-16\n"
	"	b bare_start\n");

static long
call(const long a[7])
{
	register long n __asm__("x8");
	register long x __asm__("x0");
	register long b __asm__("x1");
	register long c __asm__("x2");
	register long d __asm__("x3");
	register long e __asm__("x4");
	register long f __asm__("x5");

	n = a[0];
	x = a[1];
	b = a[2];
	c = a[3];
	d = a[4];
	e = a[5];
	f = a[6];
	__asm__ volatile("svc #0"
			 : "+r"(x)
			 : "r"(n), "r"(b), "r"(c), "r"(d), "r"(e), "r"(f)
			 : "memory");
	return x;
}
#else
#error "no system calls for this architecture"
#endif

/* Its address is not known before: what holds addresses is put right. */
static void
relocate(void)
{
	uintptr_t base = (uintptr_t)__ehdr_start;
	const ElfW(Rela) *table = NULL;
	size_t size = 0;

	for (const ElfW(Dyn) *d = _DYNAMIC; d->d_tag != DT_NULL; d++) {
		if (d->d_tag == DT_RELA)
			table = (const void *)(base + d->d_un.d_ptr);
		else if (d->d_tag == DT_RELASZ)
			size = d->d_un.d_val;
	}
	for (size_t i = 0; table != NULL && i < size / sizeof *table; i++)
		if (ELF64_R_TYPE(table[i].r_info) == RELATIVE)
			*(uintptr_t *)(base + table[i].r_offset) =
			    base + (uintptr_t)table[i].r_addend;
}

/* What the kernel leaves on the stack: argc, argv, environment, auxv. */
__attribute__((no_stack_protector)) _Noreturn void
bare_start(uintptr_t *stack)
{
	char **argv = (char **)(stack + 1);
	uintptr_t *next = stack + 1 + stack[0] + 1;

	relocate();
	while (*next++ != 0)
		;
	for (; next[0] != AT_NULL; next += 2)
		if (next[0] == AT_RANDOM)
			memcpy(&__stack_chk_guard, (const void *)next[1],
			    sizeof __stack_chk_guard);
	_exit(main((int)stack[0], argv));
}

_Noreturn void
__stack_chk_fail(void)
{
	for (;;)
		__builtin_trap();
}

static int last_error;

int *
__errno_location(void)
{
	return &last_error;
}

long
syscall(long number, ...)
{
	long a[7] = { number };
	va_list arguments;
	long result;

	va_start(arguments, number);
	for (int i = 1; i < 7; i++)
		a[i] = va_arg(arguments, long);
	va_end(arguments);
	result = call(a);
	if (result >= 0 || result < -4095)
		return result;
	errno = (int)-result;
	return -1;
}

_Noreturn void
_exit(int status)
{
	for (;;)
		(void)syscall(SYS_exit_group, (long)status);
}

/* Processes. */

pid_t
waitpid(pid_t pid, int *status, int options)
{
	return (pid_t)syscall(SYS_wait4, (long)pid, status, (long)options, 0L);
}

int
kill(pid_t pid, int number)
{
	return (int)syscall(SYS_kill, (long)pid, (long)number);
}

pid_t
setsid(void)
{
	return (pid_t)syscall(SYS_setsid);
}

int
setns(int fd, int type)
{
	return (int)syscall(SYS_setns, (long)fd, (long)type);
}

int
setresuid(uid_t real, uid_t effective, uid_t saved)
{
	return (int)syscall(
	    SYS_setresuid, (long)real, (long)effective, (long)saved);
}

int
setresgid(gid_t real, gid_t effective, gid_t saved)
{
	return (int)syscall(
	    SYS_setresgid, (long)real, (long)effective, (long)saved);
}

int
prctl(int option, ...)
{
	va_list arguments;
	long a[4];

	va_start(arguments, option);
	for (int i = 0; i < 4; i++)
		a[i] = va_arg(arguments, long);
	va_end(arguments);
	return (int)syscall(SYS_prctl, (long)option, a[0], a[1], a[2], a[3]);
}

int
getrlimit(__rlimit_resource_t resource, struct rlimit *limit)
{
	return (int)syscall(SYS_prlimit64, 0L, (long)resource, 0L, limit);
}

int
setrlimit(__rlimit_resource_t resource, const struct rlimit *limit)
{
	return (int)syscall(SYS_prlimit64, 0L, (long)resource, limit, 0L);
}

mode_t
umask(mode_t mask)
{
	return (mode_t)syscall(SYS_umask, (long)mask);
}

int
execve(const char *path, char *const argv[], char *const environment[])
{
	return (int)syscall(SYS_execve, path, argv, environment);
}

int
clock_gettime(clockid_t clock, struct timespec *now)
{
	return (int)syscall(SYS_clock_gettime, (long)clock, now);
}

/* Signals: the kernel's set is the first word of the library's. */

enum { SET_SIZE = sizeof(uint64_t) };

int
sigemptyset(sigset_t *set)
{
	memset(set, 0, sizeof *set);
	return 0;
}

int
sigaddset(sigset_t *set, int number)
{
	set->__val[0] |= 1UL << (number - 1);
	return 0;
}

int
sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	return (int)syscall(
	    SYS_rt_sigprocmask, (long)how, set, old, (long)SET_SIZE);
}

int
sigtimedwait(
    const sigset_t *set, siginfo_t *info, const struct timespec *timeout)
{
	return (int)syscall(
	    SYS_rt_sigtimedwait, set, info, timeout, (long)SET_SIZE);
}

int
sigwaitinfo(const sigset_t *set, siginfo_t *info)
{
	return sigtimedwait(set, info, NULL);
}

/* Only to be ignored, or as at first: nothing here handles a signal. */
__sighandler_t
signal(int number, __sighandler_t handler)
{
	const struct {
		__sighandler_t handler;
		unsigned long flags;
		void (*restorer)(void);
		uint64_t mask;
	} action = { .handler = handler };

	return syscall(SYS_rt_sigaction, (long)number, &action, 0L,
		   (long)SET_SIZE) < 0
		   ? SIG_ERR
		   : SIG_DFL;
}

/* Descriptors. */

int
open(const char *path, int flags, ...)
{
	return (int)syscall(SYS_openat, (long)AT_FDCWD, path, (long)flags, 0L);
}

int
close(int fd)
{
	return (int)syscall(SYS_close, (long)fd);
}

ssize_t
write(int fd, const void *bytes, size_t length)
{
	return syscall(SYS_write, (long)fd, bytes, length);
}

int
dup2(int from, int to)
{
	return (int)syscall(SYS_dup3, (long)from, (long)to, 0L);
}

int
close_range(unsigned first, unsigned last, int flags)
{
	return (int)syscall(
	    SYS_close_range, (long)first, (long)last, (long)flags);
}

int
fcntl(int fd, int command, ...)
{
	return (int)syscall(SYS_fcntl, (long)fd, (long)command, 0L);
}

int
ioctl(int fd, unsigned long request, ...)
{
	return (int)syscall(SYS_ioctl, (long)fd, request, 0L);
}

int
fchdir(int fd)
{
	return (int)syscall(SYS_fchdir, (long)fd);
}

int
fchown(int fd, uid_t uid, gid_t gid)
{
	return (int)syscall(SYS_fchown, (long)fd, (long)uid, (long)gid);
}

int
fstat(int fd, struct stat *file)
{
	return (int)syscall(SYS_fstat, (long)fd, file);
}

void *
mmap(void *at, size_t length, int protection, int flags, int fd, off_t offset)
{
	return (void *)syscall(SYS_mmap, at, length, (long)protection,
	    (long)flags, (long)fd, (long)offset);
}

int
munmap(void *at, size_t length)
{
	return (int)syscall(SYS_munmap, at, length);
}

/* Memory and strings; the compiler calls some of them by itself. */

void *
memcpy(void *restrict to, const void *restrict from, size_t length)
{
	char *t = to;
	const char *f = from;

	while (length-- > 0)
		*t++ = *f++;
	return to;
}

void *
memset(void *to, int value, size_t length)
{
	char *t = to;

	while (length-- > 0)
		*t++ = (char)value;
	return to;
}

size_t
strnlen(const char *text, size_t max)
{
	size_t length = 0;

	while (length < max && text[length] != '\0')
		length++;
	return length;
}

size_t
strlen(const char *text)
{
	return strnlen(text, SIZE_MAX);
}

int
strncmp(const char *a, const char *b, size_t length)
{
	for (; length > 0; a++, b++, length--) {
		if (*a != *b)
			return (unsigned char)*a - (unsigned char)*b;
		if (*a == '\0')
			break;
	}
	return 0;
}

int
strcmp(const char *a, const char *b)
{
	return strncmp(a, b, SIZE_MAX);
}

char *
strchr(const char *text, int character)
{
	for (;; text++) {
		if (*text == (char)character)
			return (char *)(uintptr_t)text;
		if (*text == '\0')
			return NULL;
	}
}

size_t
strcspn(const char *text, const char *reject)
{
	size_t length = 0;

	while (text[length] != '\0' && strchr(reject, text[length]) == NULL)
		length++;
	return length;
}
