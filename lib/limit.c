/* SPDX-License-Identifier: Apache-2.0 */
/* limit - how much of the machine an app, or a pod, may use */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "actype.h"
#include "alloc.h"
#include "limit.h"
#include "manifest.h"
#include "schema.h"

enum {
	MEMORY_MIN = 4096,
	PERIOD = 100000, /* microseconds, of the processors' time */
	QUOTA_MIN = 1000,
	SHARES_MIN = 2,
	SHARES_MAX = 262144,
	WEIGHT_MAX = 10000,
};

static int64_t
minimum(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* The member "limit", in thousandths; 0 if there is none. */
static int
read_limit(const json_t *value, int64_t *milli)
{
	const json_t *limit = json_object_get(value, "limit");

	*milli = 0;
	if (limit == NULL)
		return 0;
	if (quantity_of(limit, milli) < 0)
		return -1;
	/* None at all would be no app at all. */
	return *milli > 0 ? 0 : -1;
}

static const char *
read_memory(const json_t *value, struct limits *limits)
{
	int64_t milli;

	if (read_limit(value, &milli) < 0)
		return "its limit is no amount of memory";
	limits->memory = milli / 1000;
	return milli > 0 && limits->memory < MEMORY_MIN
		   ? "its limit is too low: 4096 bytes are the least"
		   : NULL;
}

static const char *
read_cpu(const json_t *value, struct limits *limits)
{
	return read_limit(value, &limits->cpu) < 0
		   ? "its limit is no amount of processors"
		   : NULL;
}

static const char *
read_shares(const json_t *value, struct limits *limits)
{
	limits->shares = json_integer_value(value);
	return limits->shares < SHARES_MIN || limits->shares > SHARES_MAX
		   ? "not from 2 to 262144"
		   : NULL;
}

static const char *
read_pids(const json_t *value, struct limits *limits)
{
	limits->pids = json_integer_value(value);
	return limits->pids < 1 ? "not a number of processes" : NULL;
}

static const struct {
	const char *isolator;
	enum controller controller;
	const char *(*read)(const json_t *value, struct limits *limits);
} known[] = {
	{ "resource/memory", CONTROLLER_MEMORY, read_memory },
	{ "resource/cpu", CONTROLLER_CPU, read_cpu },
	{ "os/linux/cpu-shares", CONTROLLER_CPU, read_shares },
	{ "os/linux/pids-limit", CONTROLLER_PIDS, read_pids },
};

enum { KNOWN = sizeof known / sizeof *known };

int
limits_read(const struct isolator *list, size_t count, struct limits *limits,
    char **why)
{
	*limits = (struct limits){ 0 };
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < KNOWN; k++) {
			const char *wrong;

			if (strcmp(list[i].name, known[k].isolator) != 0)
				continue;
			wrong = known[k].read(list[i].value, limits);
			if (wrong == NULL)
				continue;
			*why = xasprintf(
			    "isolator %s: %s", known[k].isolator, wrong);
			return -1;
		}
	return 0;
}

bool
limits_know(const char *isolator)
{
	for (size_t k = 0; k < KNOWN; k++)
		if (strcmp(isolator, known[k].isolator) == 0)
			return true;
	return false;
}

unsigned
limits_controllers(const struct limits *limits)
{
	unsigned set = 0;

	if (limits->cpu > 0 || limits->shares > 0)
		set |= 1U << CONTROLLER_CPU;
	if (limits->memory > 0)
		set |= 1U << CONTROLLER_MEMORY;
	if (limits->pids > 0)
		set |= 1U << CONTROLLER_PIDS;
	return set;
}

const char *
limits_isolator(enum controller which)
{
	for (size_t k = 0; k < KNOWN; k++)
		if (known[k].controller == which)
			return known[k].isolator;
	return NULL;
}

void
limits_drop(struct limits *limits, enum controller which)
{
	if (which == CONTROLLER_CPU)
		limits->cpu = limits->shares = 0;
	else if (which == CONTROLLER_MEMORY)
		limits->memory = 0;
	else if (which == CONTROLLER_PIDS)
		limits->pids = 0;
}

static int
write_number(int group, const char *file, int64_t number)
{
	char text[32];

	(void)snprintf(text, sizeof text, "%lld", (long long)number);
	return controller_write(group, file, text);
}

/* A kernel that does not count swap has no file for it. */
static int
write_swap(int group, const char *file, int64_t number)
{
	return write_number(group, file, number) == 0 || errno == ENOENT ? 0
									 : -1;
}

static int64_t
quota(const struct limits *limits)
{
	int64_t most = INT64_MAX / PERIOD;
	int64_t time = minimum(limits->cpu, most) * (PERIOD / 1000);

	return time < QUOTA_MIN ? QUOTA_MIN : time;
}

static int
write_cpu(int group, const struct limits *limits)
{
	char text[64];

	(void)snprintf(
	    text, sizeof text, "%lld %d", (long long)quota(limits), PERIOD);
	if (limits->cpu > 0 && controller_write(group, "cpu.max", text) < 0)
		return -1;
	/* The range of shares, laid out on the range of weights. */
	if (limits->shares > 0)
		return write_number(group, "cpu.weight",
		    1 + (limits->shares - SHARES_MIN) * (WEIGHT_MAX - 1) /
			    (SHARES_MAX - SHARES_MIN));
	return 0;
}

int
limits_write(int group, const struct limits *limits)
{
	if (write_cpu(group, limits) < 0)
		return -1;
	/* The limit is of both, or a full machine would swap for the app. */
	if (limits->memory > 0 &&
	    (write_number(group, "memory.max", limits->memory) < 0 ||
		write_swap(group, "memory.swap.max", 0) < 0))
		return -1;
	return limits->pids > 0 ? write_number(group, "pids.max", limits->pids)
				: 0;
}

static int
write_cpu_v1(int group, const struct limits *limits)
{
	if (limits->cpu > 0 &&
	    (write_number(group, "cpu.cfs_period_us", PERIOD) < 0 ||
		write_number(group, "cpu.cfs_quota_us", quota(limits)) < 0))
		return -1;
	return limits->shares > 0
		   ? write_number(group, "cpu.shares", limits->shares)
		   : 0;
}

int
limits_write_v1(int group, enum controller which, const struct limits *limits)
{
	switch (which) {
	case CONTROLLER_CPU:
		return write_cpu_v1(group, limits);
	case CONTROLLER_MEMORY:
		return limits->memory > 0 &&
			       (write_number(group, "memory.limit_in_bytes",
				    limits->memory) < 0 ||
				   write_swap(group,
				       "memory.memsw.limit_in_bytes",
				       limits->memory) < 0)
			   ? -1
			   : 0;
	case CONTROLLER_PIDS:
		return limits->pids > 0
			   ? write_number(group, "pids.max", limits->pids)
			   : 0;
	case CONTROLLER_DEVICES:
	case CONTROLLERS:
		break;
	}
	return 0;
}
