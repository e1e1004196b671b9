/* SPDX-License-Identifier: Apache-2.0 */
/* bpf - a table of verdicts on system calls, made a seccomp program */
#pragma once

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers from here on get the verdict "other"; Linux 6.18 has 470. */
enum { BPF_CALLS = 512 };

/*
 * A verdict is a SECCOMP_RET_ value, or one of these, which allow a call
 * unless an argument is refused with EPERM.  They compare the 32 bits that
 * the kernel reads: a comparison of 64 lets 1 << 32 | TIOCSTI pass
 * (CVE-2019-7303).
 */
enum {
	BPF_CHECK_IOCTL = 1,  /* not TIOCSTI, TIOCLINUX, TIOCSETD */
	BPF_CHECK_SOCKET,     /* not AF_ALG, AF_VSOCK */
	BPF_CHECK_CLONE,      /* no new namespace */
	BPF_CHECK_THREAD,     /* of this process, not a new one */
	BPF_CHECK_INTERNET,   /* AF_INET, AF_INET6; AF_NETLINK, for names */
	BPF_CHECK_ANONYMOUS,  /* mmap(2) of no file */
	BPF_CHECK_PERSONALITY /* the few that cannot weaken a process */
};

struct verdicts {
	uint32_t call[BPF_CALLS];
	uint32_t other;
	uint32_t foreign; /* a call of another architecture: i386, x32 */
};

/*
 * The program for the machine that this is compiled for; the caller frees it.
 * It finds a call by halving the ranges of numbers with one verdict, so it is
 * about a hundred instructions long and quick to load: the kernel runs each
 * filter it is given once for every system call there is.
 */
struct sock_filter *bpf_compile(
    const struct verdicts *verdicts, size_t *instructions);
