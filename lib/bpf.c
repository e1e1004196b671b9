/* SPDX-License-Identifier: Apache-2.0 */
/* bpf - a table of verdicts on system calls, made a seccomp program */

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/socket.h>

#include "alloc.h"
#include "bpf.h"

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
enum { X32 = 0x40000000 };
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#else
#error "no system call filter for this architecture"
#endif

/* The lower half of an argument, where the kernel's int is. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ARGUMENT(n) \
	((uint32_t)offsetof(struct seccomp_data, args) + 8 * (uint32_t)(n))
#else
#define ARGUMENT(n) \
	((uint32_t)offsetof(struct seccomp_data, args) + 8 * (uint32_t)(n) + 4)
#endif

/* clone(2): the flags that make a namespace (CLONE_NEWTIME is no such). */
static const uint32_t clone_new = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
				  CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |
				  CLONE_NEWNET;

/*
 * The program is written from its end, so that the distance of each jump is
 * known when it is made: code[0] is the last instruction.  Labels are indexes.
 */
struct program {
	struct sock_filter *code;
	size_t count;
	struct leaf {
		uint32_t verdict;
		size_t label;
	} * leaves;
	size_t leaf_count;
};

/* Numbers from first up to the next range's have this verdict. */
struct range {
	uint32_t first;
	uint32_t verdict;
};

/* A conditional jump reaches 255 on; two labels may each need a step there. */
enum { REACH = 250 };

static size_t
emit(struct program *p, int code, uint32_t k, size_t yes, size_t no)
{
	size_t n = p->count;

	p->code = xreallocarray(p->code, n + 1, sizeof(*p->code));
	p->code[n].code = (uint16_t)code;
	p->code[n].k = k;
	p->code[n].jt = BPF_CLASS(code) == BPF_JMP ? (uint8_t)(n - yes - 1) : 0;
	p->code[n].jf = BPF_CLASS(code) == BPF_JMP ? (uint8_t)(n - no - 1) : 0;
	return p->count++;
}

static size_t
emit_goto(struct program *p, size_t label)
{
	size_t here = p->count - 1; /* for jt and jf of 0 */
	uint32_t distance = (uint32_t)(here - label);

	return emit(p, BPF_JMP | BPF_JA, distance, here, here);
}

/* The label itself, or that of a jump there. */
static size_t
within_reach(struct program *p, size_t label)
{
	return p->count - label <= REACH ? label : emit_goto(p, label);
}

static size_t
emit_jump(struct program *p, int test, uint32_t k, size_t yes, size_t no)
{
	yes = within_reach(p, yes);
	no = within_reach(p, no);
	return emit(p, BPF_JMP | test | BPF_K, k, yes, no);
}

static size_t leaf(struct program *p, uint32_t verdict);

/* Is the argument one of these values? */
static size_t
emit_one_of(struct program *p, int argument, const uint32_t *values,
    size_t count, uint32_t yes, uint32_t no)
{
	size_t found = leaf(p, yes);
	size_t next = leaf(p, no);

	for (size_t i = 0; i < count; i++)
		next = emit_jump(p, BPF_JEQ, values[i], found, next);
	return emit(p, BPF_LD | BPF_W | BPF_ABS, ARGUMENT(argument), 0, 0);
}

/* Has clone(2) been given any of these flags? */
static size_t
emit_flags(struct program *p, uint32_t flags, uint32_t any, uint32_t none)
{
	size_t yes = leaf(p, any);
	size_t no = leaf(p, none);

	(void)emit_jump(p, BPF_JSET, flags, yes, no);
	return emit(p, BPF_LD | BPF_W | BPF_ABS, ARGUMENT(0), 0, 0);
}

static size_t
emit_check(struct program *p, uint32_t check)
{
	static const uint32_t ioctls[] = { TIOCSTI, TIOCLINUX, TIOCSETD };
	static const uint32_t families[] = { AF_ALG, AF_VSOCK };
	static const uint32_t no_file = UINT32_MAX;
	static const uint32_t internet[] = { AF_INET, AF_INET6, AF_NETLINK };
	/* PER_LINUX, PER_LINUX32, each with UNAME26; and the query. */
	static const uint32_t personalities[] = { PER_LINUX, PER_LINUX32,
		UNAME26, UNAME26 | PER_LINUX32, 0xffffffff };
	const uint32_t allow = SECCOMP_RET_ALLOW;
	const uint32_t refuse = SECCOMP_RET_ERRNO | EPERM;

	switch (check) {
	case BPF_CHECK_IOCTL:
		return emit_one_of(p, 1, ioctls, 3, refuse, allow);
	case BPF_CHECK_SOCKET:
		return emit_one_of(p, 0, families, 2, refuse, allow);
	case BPF_CHECK_INTERNET:
		return emit_one_of(p, 0, internet, 3, allow, refuse);
	case BPF_CHECK_ANONYMOUS:
		return emit_one_of(p, 4, &no_file, 1, allow, refuse);
	case BPF_CHECK_PERSONALITY:
		return emit_one_of(p, 0, personalities, 5, allow, refuse);
	case BPF_CHECK_THREAD:
		return emit_flags(p, CLONE_THREAD, allow, refuse);
	default: /* BPF_CHECK_CLONE */
		return emit_flags(p, clone_new, refuse, allow);
	}
}

/* Where the verdict is given: made once, and jumped to. */
static size_t
leaf(struct program *p, uint32_t verdict)
{
	size_t label;

	for (size_t i = 0; i < p->leaf_count; i++) {
		if (p->leaves[i].verdict == verdict)
			return p->leaves[i].label;
	}
	if (verdict >= BPF_CHECK_IOCTL && verdict <= BPF_CHECK_PERSONALITY)
		label = emit_check(p, verdict);
	else
		label = emit(p, BPF_RET | BPF_K, verdict, 0, 0);
	p->leaves =
	    xreallocarray(p->leaves, p->leaf_count + 1, sizeof(*p->leaves));
	p->leaves[p->leaf_count++] = (struct leaf){ verdict, label };
	return label;
}

static size_t
emit_tree(struct program *p, const struct range *ranges, size_t count)
{
	size_t half = count / 2;
	size_t upper;
	size_t lower;

	if (count == 1)
		return leaf(p, ranges[0].verdict);
	upper = emit_tree(p, ranges + half, count - half);
	lower = emit_tree(p, ranges, half);
	return emit_jump(p, BPF_JGE, ranges[half].first, upper, lower);
}

static size_t
add_range(struct range *ranges, size_t count, uint32_t first, uint32_t verdict)
{
	if (count > 0 && ranges[count - 1].verdict == verdict)
		return count;
	ranges[count] = (struct range){ first, verdict };
	return count + 1;
}

static size_t
make_ranges(const struct verdicts *verdicts, struct range *ranges)
{
	size_t count = 0;

	for (uint32_t i = 0; i < BPF_CALLS; i++)
		count = add_range(ranges, count, i, verdicts->call[i]);
	count = add_range(ranges, count, BPF_CALLS, verdicts->other);
#ifdef __x86_64__
	/* Calls of x32 come as this architecture's, with a bit set. */
	count = add_range(ranges, count, X32, verdicts->foreign);
#endif
	return count;
}

struct sock_filter *
bpf_compile(const struct verdicts *verdicts, size_t *instructions)
{
	struct range ranges[BPF_CALLS + 2];
	struct program p = { 0 };
	size_t root;
	size_t foreign;

	foreign = leaf(&p, verdicts->foreign);
	root = emit_tree(&p, ranges, make_ranges(verdicts, ranges));
	if (root != p.count - 1)
		(void)emit_goto(&p, root);
	root = emit(&p, BPF_LD | BPF_W | BPF_ABS,
	    offsetof(struct seccomp_data, nr), 0, 0);
	(void)emit_jump(&p, BPF_JEQ, NATIVE, root, foreign);
	(void)emit(&p, BPF_LD | BPF_W | BPF_ABS,
	    offsetof(struct seccomp_data, arch), 0, 0);
	for (size_t i = 0; i < p.count / 2; i++) {
		struct sock_filter swap = p.code[i];

		p.code[i] = p.code[p.count - 1 - i];
		p.code[p.count - 1 - i] = swap;
	}
	free(p.leaves);
	*instructions = p.count;
	return p.code;
}
