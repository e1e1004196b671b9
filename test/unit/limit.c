/* SPDX-License-Identifier: Apache-2.0 */
/* limit - test of lib/limit.c, lib/controller.c and lib/cgroup.c */
/*
 * On a plain directory instead of a cgroup v2: what is read and written there
 * is what the kernel would see.
 */

#undef NDEBUG
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "cgroup.h"
#include "controller.h"
#include "limit.h"
#include "manifest.h"
#include "path.h"
#include "publish.h"
#include "record.h"
#include "scope.h"

static char top[] = "/tmp/limits.XXXXXX";
static int tree;

#define BIT(which) (1U << CONTROLLER_##which)

static void
file(const char *path, const char *text)
{
	autofd int fd =
	    openat(tree, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert(fd >= 0 && write_all(fd, text, strlen(text)) == 0);
}

static void
has(const char *path, const char *text)
{
	autofree char *own = path_read(tree, path, 4096, NULL);

	if (own == NULL || strcmp(own, text) != 0) {
		printf("%s: '%s', not '%s'\n", path, own, text);
		abort();
	}
}

static int
directory(const char *path)
{
	int fd;

	assert(mkdirat(tree, path, 0755) == 0 || errno == EEXIST);
	fd = openat(tree, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert(fd >= 0);
	return fd;
}

static void
controllers_are_switched_on_as_they_are_offered(void)
{
	const unsigned all = BIT(CPU) | BIT(MEMORY) | BIT(PIDS);
	autofd int group = directory("g");

	/* None there at all, as in the v2 half of a hybrid machine. */
	errno = 0;
	assert(controller_enable(group, all) == 0 && errno == ENOENT);
	file("g/cgroup.controllers", "cpuset cpu io memory hugetlb\n");
	file("g/cgroup.subtree_control", "");
	assert(controller_enable(group, BIT(MEMORY)) == BIT(MEMORY));
	has("g/cgroup.subtree_control", "+memory");
	/* One that is on is not written again, one like it is another. */
	file("g/cgroup.subtree_control", "memory cpuset\n");
	assert(controller_enable(group, BIT(MEMORY)) == BIT(MEMORY));
	has("g/cgroup.subtree_control", "memory cpuset\n");
	assert(controller_enable(group, all) == (BIT(MEMORY) | BIT(CPU)));
	assert(errno == ENOENT);
	assert(controller_enable(group, 0) == 0);
}

static void
a_pod_s_group_has_those_of_all_above_it(void)
{
	struct cgroup_wish wish = { BIT(CPU) | BIT(MEMORY), 0 };
	autofd int slice = directory("rkt.slice");
	autofd int pod = -1;

	file("cgroup.controllers", "cpu memory pids\n");
	file("cgroup.subtree_control", "cpu memory pids\n");
	file("rkt.slice/cgroup.controllers", "memory pids\n");
	file("rkt.slice/cgroup.subtree_control", "");
	pod = cgroup_below(top, "pod", true, &wish);
	assert(pod >= 0 && wish.controllers == BIT(MEMORY));
	assert(wish.error == ENOENT);
	has("rkt.slice/cgroup.subtree_control", "+memory");
	assert(faccessat(slice, "pod", F_OK, 0) == 0);
	(void)close(pod);
	pod = cgroup_below(top, "none", false, NULL);
	assert(pod < 0 && errno == ENOENT);
}

static void
limits_become_files(void)
{
	static const struct {
		struct limits limits;
		const char *cpu, *weight, *memory, *swap, *pids;
	} rows[] = {
		{ { 0 }, "", "", "", "", "" },
		{ { .memory = 33554432 }, "", "", "33554432", "0", "" },
		{ { .cpu = 500 }, "50000 100000", "", "", "", "" },
		{ { .cpu = 2500 }, "250000 100000", "", "", "", "" },
		{ { .cpu = 1 }, "1000 100000", "", "", "", "" },
		{ { .cpu = INT64_MAX }, "9223372036854700 100000", "", "", "",
		    "" },
		{ { .shares = 2 }, "", "1", "", "", "" },
		{ { .shares = 1024 }, "", "39", "", "", "" },
		{ { .shares = 262144 }, "", "10000", "", "", "" },
		{ { .pids = 1 }, "", "", "", "", "1" },
		{ { .memory = 4096, .cpu = 1000, .shares = 512, .pids = 77 },
		    "100000 100000", "20", "4096", "0", "77" },
	};
	autofd int group = directory("limited");

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		file("limited/cpu.max", "");
		file("limited/cpu.weight", "");
		file("limited/memory.max", "");
		file("limited/memory.swap.max", "");
		file("limited/pids.max", "");
		assert(limits_write(group, &rows[i].limits) == 0);
		has("limited/cpu.max", rows[i].cpu);
		has("limited/cpu.weight", rows[i].weight);
		has("limited/memory.max", rows[i].memory);
		has("limited/memory.swap.max", rows[i].swap);
		has("limited/pids.max", rows[i].pids);
	}
	/* A kernel that does not count swap; one without the controller. */
	assert(unlinkat(group, "memory.swap.max", 0) == 0);
	assert(limits_write(group, &rows[1].limits) == 0);
	assert(unlinkat(group, "memory.max", 0) == 0);
	assert(limits_write(group, &rows[1].limits) < 0 && errno == ENOENT);
	assert(unlinkat(group, "pids.max", 0) == 0);
	assert(symlinkat("cpu.max", group, "pids.max") == 0);
	assert(limits_write(group, &rows[9].limits) < 0 && errno == ELOOP);
}

static void
limits_become_files_of_v1(void)
{
	const struct limits limits = {
		.memory = 4096, .cpu = 1500, .shares = 7, .pids = 9
	};
	autofd int group = directory("v1");

	file("v1/memory.limit_in_bytes", "");
	assert(limits_write_v1(group, CONTROLLER_MEMORY, &limits) == 0);
	has("v1/memory.limit_in_bytes", "4096");
	file("v1/memory.memsw.limit_in_bytes", "");
	assert(limits_write_v1(group, CONTROLLER_MEMORY, &limits) == 0);
	has("v1/memory.memsw.limit_in_bytes", "4096");
	file("v1/cpu.cfs_period_us", "");
	file("v1/cpu.cfs_quota_us", "");
	file("v1/cpu.shares", "");
	assert(limits_write_v1(group, CONTROLLER_CPU, &limits) == 0);
	has("v1/cpu.cfs_period_us", "100000");
	has("v1/cpu.cfs_quota_us", "150000");
	has("v1/cpu.shares", "7");
	file("v1/pids.max", "");
	assert(limits_write_v1(group, CONTROLLER_PIDS, &limits) == 0);
	has("v1/pids.max", "9");
}

static void
isolators_become_limits(void)
{
	static const struct {
		const char *name, *value;
		struct limits limits;
		const char *wrong;
	} rows[] = {
		{ "resource/memory", "{\"limit\":\"16Mi\"}",
		    { .memory = 16777216 }, NULL },
		{ "resource/memory", "{\"limit\":\"4096.1\"}",
		    { .memory = 4096 }, NULL },
		{ "resource/memory", "{\"request\":\"1G\"}", { 0 }, NULL },
		{ "resource/memory", "{\"limit\":4095}", { 0 },
		    "isolator resource/memory: its limit is too low: 4096 "
		    "bytes are the least" },
		{ "resource/memory", "{\"limit\":\"0\"}", { 0 },
		    "isolator resource/memory: its limit is no amount of "
		    "memory" },
		{ "resource/cpu", "{\"limit\":0.5}", { .cpu = 500 }, NULL },
		{ "resource/cpu", "{\"limit\":\"1n\"}", { .cpu = 1 }, NULL },
		{ "resource/cpu", "{\"limit\":true}", { 0 },
		    "isolator resource/cpu: its limit is no amount of "
		    "processors" },
		{ "os/linux/cpu-shares", "512", { .shares = 512 }, NULL },
		{ "os/linux/cpu-shares", "1", { 0 },
		    "isolator os/linux/cpu-shares: not from 2 to 262144" },
		{ "os/linux/pids-limit", "20", { .pids = 20 }, NULL },
		{ "os/linux/pids-limit", "0", { 0 },
		    "isolator os/linux/pids-limit: not a number of "
		    "processes" },
		{ "os/linux/oom-score-adj", "20", { 0 }, NULL },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		autojson json_t *value =
		    json_loads(rows[i].value, JSON_DECODE_ANY, NULL);
		autofree char *name = xstrdup(rows[i].name);
		const struct isolator one = { name, value };
		struct limits limits;
		autofree char *why = NULL;

		assert(value != NULL);
		if (rows[i].wrong != NULL) {
			assert(limits_read(&one, 1, &limits, &why) < 0);
			assert(strcmp(why, rows[i].wrong) == 0);
			continue;
		}
		assert(limits_read(&one, 1, &limits, &why) == 0);
		assert(memcmp(&limits, &rows[i].limits, sizeof limits) == 0);
	}
}

int
main(void)
{
	assert(mkdtemp(top) != NULL);
	tree = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert(tree >= 0);
	controllers_are_switched_on_as_they_are_offered();
	a_pod_s_group_has_those_of_all_above_it();
	limits_become_files();
	limits_become_files_of_v1();
	isolators_become_limits();
	(void)close(tree);
	tree = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert(tree >= 0 && path_remove(tree, strrchr(top, '/') + 1) == 0);
	return 0;
}
