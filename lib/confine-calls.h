/* SPDX-License-Identifier: Apache-2.0 */
/* confine-calls - the system calls that are left to a confined process */
/*
 * pod-prepare/mkfilter.c makes a filter of each list at build time; whatever
 * is not in it does not exist (ENOSYS), so that a library takes another way or
 * gives up.  A word with a dot is a call whose arguments are looked at, and so
 * are clone and ioctl (bpf.h).
 */
#pragma once

#include <stddef.h>

/* What malloc(3), threads and the end of a program need. */
#define CALLS_MEMORY \
	"brk exit exit_group futex madvise mmap mprotect mremap munmap " \
	"restart_syscall rt_sigaction rt_sigprocmask rt_sigreturn "
#define CALLS_THREADS \
	"clone.thread gettid prlimit64 rseq sched_getaffinity sched_yield " \
	"set_robust_list "
#define CALLS_FILES \
	"access close faccessat fcntl fstat getdents64 ioctl lseek " \
	"newfstatat openat pread64 read statx write writev "
/* Memory that is no file's, and the end. */
#define CALLS_PURE \
	"brk close exit exit_group futex madvise mmap.anonymous mremap " \
	"munmap restart_syscall rt_sigreturn "
/* What AddressSanitizer wants at its leisure ("make asan"). */
#ifdef __SANITIZE_ADDRESS__
#define CALLS_SANITIZER " getpid readlink sigaltstack clock_gettime"
#else
#define CALLS_SANITIZER ""
#endif

static const struct confine_calls {
	const char *name;
	const char *words;
} confine_calls[] = {
	/* libcurl, its resolver's thread, TLS; writing to what is open. */
	{ "web", CALLS_MEMORY CALLS_THREADS CALLS_FILES
	    "clock_gettime clock_nanosleep connect eventfd2 ftruncate getegid "
	    "geteuid getgid getpeername getpid getrandom getsockname "
	    "getsockopt getuid pipe2 poll ppoll recvfrom recvmmsg recvmsg "
	    "sendmmsg sendmsg sendto setsockopt shutdown socket.internet "
	    "socketpair sysinfo uname" CALLS_SANITIZER },
	/* From one open file to another, hashing on a thread. */
	{ "copy", CALLS_MEMORY CALLS_THREADS
	    "clock_gettime close fstat lseek newfstatat pread64 read recvmsg "
	    "sendmsg write" CALLS_SANITIZER },
	/* A decoder: from a pipe to the end of a file.  No mmap of it. */
	{ "decode", CALLS_PURE "read sync_file_range write" CALLS_SANITIZER },
	/* A reader of archives: from one file to another. */
	{ "archive", CALLS_PURE "pread64 write" CALLS_SANITIZER },
	/* gpgme and the gpg processes that it starts; no socket at all. */
	{ "gpg", CALLS_MEMORY CALLS_THREADS CALLS_FILES
	    "arch_prctl chdir chmod clock_gettime clock_nanosleep clone "
	    "close_range dup dup2 dup3 execve fchmod flock fsync ftruncate "
	    "getcwd getegid geteuid getgid getpgrp getpid getppid getrandom "
	    "getrusage getuid link mkdir mkdirat mlock openat2 pipe2 poll "
	    "ppoll pselect6 pwrite64 readlink rename rmdir select "
	    "set_tid_address sysinfo times umask uname unlink unlinkat vfork "
	    "wait4" CALLS_SANITIZER },
	{ NULL, NULL },
};
