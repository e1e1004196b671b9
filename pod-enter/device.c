/* SPDX-License-Identifier: Apache-2.0 */
/* device - device nodes among the volumes that may only be read */
/*
 * The kernel asks the programs of a process's cgroup when it opens a device.
 * Ours is a few instructions: 0 for writing to one of the list, else 1.
 */

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "alloc.h"
#include "device.h"
#include "scope.h"

enum {
	CONTEXT = BPF_REG_1,
	RESULT = BPF_REG_0,
	VALUE = BPF_REG_2,
	EACH = 9, /* instructions for a device */
	TAIL = 2,
};

static struct bpf_insn
load(size_t offset)
{
	return (struct bpf_insn){ .code = BPF_LDX | BPF_MEM | BPF_W,
		.dst_reg = VALUE,
		.src_reg = CONTEXT,
		.off = (int16_t)offset };
}

#define OPERATE(operation, target, value) \
	((struct bpf_insn){ \
	    .code = BPF_ALU64 | BPF_K | (operation), \
	    .dst_reg = (target), \
	    .imm = (value), \
	})

/* Past the rest of this device's if VALUE is not, or is, what it should be. */
static struct bpf_insn
skip(uint8_t comparison, int32_t value, int done)
{
	return (struct bpf_insn){ .code = BPF_JMP | BPF_K | comparison,
		.dst_reg = VALUE,
		.off = (int16_t)(EACH - done),
		.imm = value };
}

static const struct bpf_insn leave = { .code = BPF_JMP | BPF_EXIT };

/* The upper half of the type is what is asked for, the lower half what of. */
static void
put_device(struct bpf_insn *at, const struct device *device)
{
	const size_t type = offsetof(struct bpf_cgroup_dev_ctx, access_type);
	const int kind =
	    device->is_block ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR;
	const struct bpf_insn code[EACH] = {
		load(offsetof(struct bpf_cgroup_dev_ctx, major)),
		skip(BPF_JNE, (int32_t)major(device->number), 2),
		load(offsetof(struct bpf_cgroup_dev_ctx, minor)),
		skip(BPF_JNE, (int32_t)minor(device->number), 4),
		load(type),
		OPERATE(BPF_AND, VALUE, (BPF_DEVCG_ACC_WRITE << 16) | 0xffff),
		skip(BPF_JNE, (BPF_DEVCG_ACC_WRITE << 16) | kind, 7),
		OPERATE(BPF_MOV, RESULT, 0),
		leave,
	};

	memcpy(at, code, sizeof code);
}

static int
load_program(const struct bpf_insn *code, size_t count)
{
	static const char license[] = "Apache-2.0";
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insn_cnt = (uint32_t)count,
		.insns = (uintptr_t)code,
		.license = (uintptr_t)license,
	};

	return (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof attr);
}

int
device_restrict(int cgroup, const struct device *devices, size_t count)
{
	const size_t length = count * EACH + TAIL;
	autofree struct bpf_insn *code = xcalloc(length, sizeof *code);
	autofd int program = -1;
	union bpf_attr attr = {
		.target_fd = (uint32_t)cgroup,
		.attach_type = BPF_CGROUP_DEVICE,
		.attach_flags = BPF_F_ALLOW_MULTI,
	};

	for (size_t i = 0; i < count; i++)
		put_device(code + i * EACH, &devices[i]);
	code[length - 2] = OPERATE(BPF_MOV, RESULT, 1);
	code[length - 1] = leave;
	program = load_program(code, length);
	if (program < 0)
		return -1;
	attr.attach_bpf_fd = (uint32_t)program;
	return (int)syscall(SYS_bpf, BPF_PROG_ATTACH, &attr, sizeof attr);
}
