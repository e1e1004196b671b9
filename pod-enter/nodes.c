/* SPDX-License-Identifier: Apache-2.0 */
/* nodes - the device nodes that a pod with power over mounts may use */

#include <errno.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "alloc.h"
#include "caps.h"
#include "controller.h"
#include "manifest.h"
#include "nodes.h"
#include "pod.h"
#include "prog.h"
#include "scope.h"

enum { ANY = -1 };

struct device {
	char type; /* c, b */
	int major, minor;
	bool writable;
};

struct devices {
	struct device *list;
	size_t count;
};

/* What dev.c puts into an app's /dev, and the terminals of its devpts. */
static const struct device own[] = {
	{ 'c', 1, 3, true },
	{ 'c', 1, 5, true },
	{ 'c', 1, 7, true },
	{ 'c', 1, 8, true },
	{ 'c', 1, 9, true },
	{ 'c', 5, 0, true },
	{ 'c', 5, 2, true },
	{ 'c', 136, ANY, true },
};

static void
add(struct devices *devices, const struct device *device)
{
	devices->list = xreallocarray(
	    devices->list, devices->count + 1, sizeof *devices->list);
	devices->list[devices->count++] = *device;
}

static void
add_volume(struct devices *devices, const struct volume *volume)
{
	struct stat file;
	struct device device;

	if (volume->kind != VOLUME_HOST || lstat(volume->source, &file) < 0 ||
	    (!S_ISCHR(file.st_mode) && !S_ISBLK(file.st_mode)))
		return;
	device.type = S_ISCHR(file.st_mode) ? 'c' : 'b';
	device.major = (int)major(file.st_rdev);
	device.minor = (int)minor(file.st_rdev);
	device.writable = volume->read_only <= 0;
	add(devices, &device);
}

static bool
is_powerful(const struct app *app)
{
	for (size_t i = 0; i < app->isolator_count; i++) {
		const struct isolator *isolator = &app->isolators[i];

		if (strcmp(isolator->name,
			"os/linux/capabilities-retain-set") == 0 &&
		    (caps_set(isolator->value) & ~caps_default) != 0)
			return true;
	}
	return false;
}

/*
 * The program's context is { access << 16 | type, major, minor }: a device is
 * allowed if all that is asked of it is.
 */
enum { ASKED = BPF_REG_2, MAJOR, MINOR, TYPE, LEFT };

enum { DEVICE_CODE = 8 };

#define LOAD(reg, at) \
	{ \
		.code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = (reg), \
		.src_reg = BPF_REG_1, .off = (at) \
	}
#define COPY(reg, from) \
	{ \
		.code = BPF_ALU | BPF_MOV | BPF_X, .dst_reg = (reg), \
		.src_reg = (from) \
	}
#define CHANGE(op, reg, value) \
	{ \
		.code = BPF_ALU | (op) | BPF_K, .dst_reg = (reg), \
		.imm = (value) \
	}
#define UNLESS(reg, value, skipped) \
	{ \
		.code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = (reg), \
		.imm = (value), .off = (skipped) \
	}
#define ANSWER(value) \
	CHANGE(BPF_MOV, BPF_REG_0, value), \
	{ \
		.code = BPF_JMP | BPF_EXIT \
	}

static size_t
device_code(const struct device *device, struct bpf_insn *code)
{
	const int asked =
	    BPF_DEVCG_ACC_READ | (device->writable ? BPF_DEVCG_ACC_WRITE : 0);
	const int type =
	    device->type == 'c' ? BPF_DEVCG_DEV_CHAR : BPF_DEVCG_DEV_BLOCK;
	const struct bpf_insn lines[DEVICE_CODE] = {
		UNLESS(TYPE, type, 7),
		UNLESS(MAJOR, device->major, 6),
		UNLESS(MINOR, device->minor, 5),
		COPY(LEFT, ASKED),
		CHANGE(BPF_AND, LEFT, ~asked),
		UNLESS(LEFT, 0, 2),
		ANSWER(1),
	};

	memcpy(code, lines, sizeof lines);
	/* Any minor number: a jump to the next instruction. */
	if (device->minor == ANY)
		code[2].off = 0;
	return sizeof lines / sizeof *lines;
}

static int
load_program(const struct devices *devices)
{
	const struct bpf_insn head[] = {
		LOAD(ASKED, 0),
		LOAD(MAJOR, 4),
		LOAD(MINOR, 8),
		COPY(TYPE, ASKED),
		CHANGE(BPF_AND, TYPE, 0xffff),
		CHANGE(BPF_RSH, ASKED, 16),
	};
	const struct bpf_insn tail[] = { ANSWER(0) };
	size_t room = sizeof head + sizeof tail +
		      devices->count * DEVICE_CODE * sizeof *head;
	autofree struct bpf_insn *code = xcalloc(1, room);
	size_t used = sizeof head / sizeof *head;
	union bpf_attr attributes;

	memcpy(code, head, sizeof head);
	for (size_t i = 0; i < devices->count; i++)
		used += device_code(&devices->list[i], code + used);
	memcpy(code + used, tail, sizeof tail);
	used += sizeof tail / sizeof *tail;
	memset(&attributes, 0, sizeof attributes);
	attributes.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attributes.expected_attach_type = BPF_CGROUP_DEVICE;
	attributes.insns = (uint64_t)(uintptr_t)code;
	attributes.insn_cnt = (uint32_t)used;
	attributes.license = (uint64_t)(uintptr_t) "Apache-2.0";
	return (int)syscall(
	    SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof attributes);
}

/* It is gone with the group. */
static void
attach_program(const struct devices *devices, int group)
{
	autofd int program = load_program(devices);
	union bpf_attr attributes;

	memset(&attributes, 0, sizeof attributes);
	attributes.target_fd = (uint32_t)group;
	attributes.attach_bpf_fd = (uint32_t)program;
	attributes.attach_type = BPF_CGROUP_DEVICE;
	/* Beside those of device.c; each of them must agree. */
	attributes.attach_flags = BPF_F_ALLOW_MULTI;
	if (program < 0 || syscall(SYS_bpf, BPF_PROG_ATTACH, &attributes,
			       sizeof attributes) < 0)
		prog_die("devices: BPF program");
}

static void
write_list(const struct devices *devices, int group)
{
	if (controller_write(group, "devices.deny", "a") < 0)
		prog_die("devices.deny");
	for (size_t i = 0; i < devices->count; i++) {
		const struct device *device = &devices->list[i];
		char minor[16] = "*", text[64];

		if (device->minor != ANY)
			(void)snprintf(
			    minor, sizeof minor, "%d", device->minor);
		(void)snprintf(text, sizeof text, "%c %d:%s %s", device->type,
		    device->major, minor, device->writable ? "rw" : "r");
		if (controller_write(group, "devices.allow", text) < 0)
			prog_die("devices.allow");
	}
}

int
nodes_bound(
    const struct pod *pod, const struct pod_manifest *manifest, int group)
{
	struct devices devices = { 0 };
	autofd int list = -1;
	bool powerful = false;
	int entrance = -1;

	for (size_t i = 0; i < manifest->app_count; i++)
		powerful |= is_powerful(manifest->apps[i].app);
	if (!powerful)
		return -1;
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		add(&devices, &own[i]);
	for (size_t i = 0; i < manifest->volume_count; i++)
		add_volume(&devices, &manifest->volumes[i]);
	if (group >= 0)
		attach_program(&devices, group);
	else
		list = controller_group(CONTROLLER_DEVICES, pod->uuid, true);
	if (list >= 0) {
		write_list(&devices, list);
		entrance = controller_procs(list);
		if (entrance < 0)
			prog_die("devices: cgroup.procs");
	}
	free(devices.list);
	return entrance;
}
