/* SPDX-License-Identifier: Apache-2.0 */
/* args-value - what the values of rkt's options may be, and where they go */

#include <stdint.h>
#include <string.h>

#include "actype.h"
#include "alloc.h"
#include "args-value.h"
#include "escape.h"
#include "num.h"
#include "pairs.h"
#include "pull.h"
#include "schema.h"
#include "scope.h"

enum { MEMORY_MIN = 4096, LOG_SIZE_MIN = 128 * 1024 };

const char *
any_check(const char *text)
{
	return *text == '\0' ? "is empty" : NULL;
}

const char *
bool_check(const char *text)
{
	return bool_parse(text) < 0 ? "is neither true nor false" : NULL;
}

/* One word: nothing that would start a new line or field in a file. */
const char *
word_check(const char *text)
{
	if (*text == '\0')
		return "is empty";
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text >= 0x7f)
			return "has a blank, a control character or a "
			       "character that is not ASCII";
	return NULL;
}

const char *
memory_check(const char *text)
{
	int64_t milli;

	if (quantity_parse(text, &milli) < 0)
		return "is not a quantity";
	if (milli / 1000 < MEMORY_MIN)
		return "memory limit too low: 4096 bytes are the least";
	return NULL;
}

const char *
cpu_check(const char *text)
{
	int64_t milli;

	if (quantity_parse(text, &milli) < 0)
		return "is not a quantity";
	return milli == 0 ? "cpu limit is zero" : NULL;
}

const char *
cpu_shares_check(const char *text)
{
	uint64_t number;

	return num_parse(text, 2, 262144, &number) < 0
		   ? "is not a number from 2 to 262144"
		   : NULL;
}

const char *
oom_score_check(const char *text)
{
	uint64_t number;

	return num_parse(text + (*text == '-'), 0, 1000, &number) < 0
		   ? "is not a number from -1000 to 1000"
		   : NULL;
}

/* Each of the parts of text between commas must pass check. */
static const char *
list_check(const char *text, spot_check *check)
{
	for (;;) {
		size_t length = strcspn(text, ",");
		autofree char *part = xstrndup(text, length);
		const char *wrong = check(part);

		if (wrong != NULL || text[length] == '\0')
			return wrong;
		text += length + 1;
	}
}

static const char *
gid_check(const char *text)
{
	uint64_t number;

	return num_parse(text, 0, UINT32_MAX - 1, &number) < 0
		   ? "is not a list of numbers below 4294967295"
		   : NULL;
}

const char *
gids_check(const char *text)
{
	return list_check(text, gid_check);
}

const char *
caps_check(const char *text)
{
	return list_check(text, capability_check);
}

static const char *
seccomp_part_check(const char *text)
{
	if (strncmp(text, "errno=", 6) == 0)
		return errno_check(text + 6);
	return call_check(text);
}

/* mode=retain or remove, then errno=NAME and system calls in any order. */
const char *
seccomp_text_check(const char *text)
{
	size_t mode = strlen("mode=retain"); /* "remove" is as long */

	if ((strncmp(text, "mode=retain", mode) != 0 &&
		strncmp(text, "mode=remove", mode) != 0) ||
	    (text[mode] != ',' && text[mode] != '\0'))
		return "must begin with mode=retain or mode=remove";
	if (text[mode] == '\0')
		return "names no system call";
	return list_check(text + mode + 1, seccomp_part_check);
}

/* A network's name, and ":" with CNI arguments for it. */
const char *
network_check(const char *text)
{
	static const struct {
		const char *beginning, *why;
	} special[] = {
		{ "host:", "arguments are not supported by special netname "
			   "\"host\"" },
		{ "none:", "arguments are not supported by special netname "
			   "\"none\"" },
		{ "all:", "arguments are not supported by special netname "
			  "\"all\"" },
	};
	size_t length = strcspn(text, ":");

	if (length == 0)
		return "is not a network's name";
	for (size_t i = 0; i < sizeof special / sizeof *special; i++)
		if (strncmp(text, special[i].beginning, length + 1) == 0)
			return special[i].why;
	for (size_t i = 0; i < length; i++)
		if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxy"
			   "z0123456789_.-",
			text[i]) == NULL)
			return "is not a network's name";
	return word_check(text);
}

const char *
dns_check(const char *text)
{
	if (strcmp(text, "host") == 0 || strcmp(text, "none") == 0)
		return NULL;
	return address_check(text);
}

static const char *
host_line_check(const char *text)
{
	const char *name = NULL;
	autofree char *ip = pair_split(text, &name);

	if (ip == NULL)
		return "is not IP=NAME";
	if (address_check(ip) != NULL)
		return address_check(ip);
	return hostname_check(name);
}

const char *
hosts_entry_check(const char *text)
{
	return strcmp(text, "host") == 0 || strcmp(text, "pods") == 0
		   ? NULL
		   : list_check(text, host_line_check);
}

const char *
policy_check(const char *text)
{
	enum pull policy;

	return pull_parse(text, &policy) < 0
		   ? "is none of new, update and never"
		   : NULL;
}

/* Is it one of the words? */
static bool
is_among(const char *text, const char *const words[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return false;
}

const char *
ipc_check(const char *text)
{
	static const char *const words[] = { "auto", "private", "parent" };

	return is_among(text, words, 3) ? NULL
					: "is none of auto, private and parent";
}

const char *
input_check(const char *text)
{
	static const char *const words[] = { "null", "tty", "stream",
		"interactive" };

	return is_among(text, words, 4)
		   ? NULL
		   : "is none of null, tty, stream and interactive";
}

const char *
output_check(const char *text)
{
	static const char *const words[] = { "log", "tty", "stream", "null" };

	return is_among(text, words, 4)
		   ? NULL
		   : "is none of log, tty, stream and null";
}

const char *
log_check(const char *text)
{
	static const char *const words[] = { "file", "journald", "none" };

	return is_among(text, words, 3) ? NULL
					: "is none of file, journald and none";
}

const char *
log_size_check(const char *text)
{
	int64_t milli;

	if (quantity_parse(text, &milli) < 0)
		return "is not a quantity";
	return milli / 1000 < LOG_SIZE_MIN ? "is less than 128Ki" : NULL;
}

/* 0, or -1 with what the option's check says of value. */
static int
checked(const struct option *option, const char *value, char **why)
{
	const char *wrong = option->check != NULL ? option->check(value) : NULL;

	if (wrong == NULL)
		return 0;
	*why = xstrdup(wrong);
	return -1;
}

int
set_flag(
    const struct option *option, void *place, const char *value, char **why)
{
	bool *flag = place;

	if (checked(option, value, why) < 0)
		return -1;
	*flag = bool_parse(value) == 1;
	return 0;
}

int
set_text(
    const struct option *option, void *place, const char *value, char **why)
{
	char **text = place;

	if (checked(option, value, why) < 0)
		return -1;
	free(*text);
	*text = xstrdup(value);
	return 0;
}

int
set_text_once(
    const struct option *option, void *place, const char *value, char **why)
{
	char **text = place;

	if (*text == NULL)
		return set_text(option, place, value, why);
	*why = xasprintf("--%s given twice for one image", option->name);
	return -1;
}

int
set_yes_or_no(
    const struct option *option, void *place, const char *value, char **why)
{
	char **text = place;
	int truth = strcmp(value, "yes") == 0  ? 1
		    : strcmp(value, "no") == 0 ? 0
					       : bool_parse(value);

	(void)option;
	if (truth < 0) {
		*why = xstrdup("is neither yes nor no");
		return -1;
	}
	free(*text);
	*text = xstrdup(truth == 1 ? "true" : "false");
	return 0;
}

/* The three ways to say it must not contradict each other. */
static int
policy_set(char **policy, const char *wanted, char **why)
{
	if (*policy != NULL && strcmp(*policy, wanted) != 0) {
		*why = xasprintf("the pull policy is %s already", *policy);
		return -1;
	}
	free(*policy);
	*policy = xstrdup(wanted);
	return 0;
}

int
set_policy(
    const struct option *option, void *place, const char *value, char **why)
{
	if (checked(option, value, why) < 0)
		return -1;
	return policy_set(place, value, why);
}

/* --no-store and --store-only; =false says nothing. */
static int
switch_policy(const struct option *option, char **policy, const char *wanted,
    const char *value, char **why)
{
	if (checked(option, value, why) < 0)
		return -1;
	return bool_parse(value) == 1 ? policy_set(policy, wanted, why) : 0;
}

int
set_never(
    const struct option *option, void *place, const char *value, char **why)
{
	return switch_policy(option, place, "never", value, why);
}

int
set_update(
    const struct option *option, void *place, const char *value, char **why)
{
	return switch_policy(option, place, "update", value, why);
}

int
set_string(
    const struct option *option, void *place, const char *value, char **why)
{
	if (checked(option, value, why) < 0)
		return -1;
	strings_add(place, value);
	return 0;
}

int
set_list(
    const struct option *option, void *place, const char *value, char **why)
{
	const struct strings *strings = place;

	for (;;) {
		size_t length = strcspn(value, ",");
		autofree char *part = xstrndup(value, length);

		for (size_t i = 0; i < strings->count; i++)
			if (strcmp(strings->list[i], part) == 0) {
				autofree char *shown = escape(part);

				*why = xasprintf("\"%s\" given twice", shown);
				return -1;
			}
		if (set_string(option, place, part, why) < 0)
			return -1;
		if (value[length] == '\0')
			return 0;
		value += length + 1;
	}
}

int
set_pair(
    const struct option *option, void *place, const char *value, char **why)
{
	const char *text = NULL;
	autofree char *name = pair_split(value, &text);
	autofree char *shown = NULL;

	if (name == NULL) {
		*why = xstrdup("must be specified as key=value");
		return -1;
	}
	if (checked(option, name, why) < 0)
		return -1;
	if (labels_get(place, name) != NULL) {
		shown = escape(name);
		*why = xasprintf("key \"%s\" already set", shown);
		return -1;
	}
	labels_set(place, name, text);
	return 0;
}

int
set_volume(
    const struct option *option, void *place, const char *value, char **why)
{
	struct args *args = place;
	struct volume volume;

	(void)option;
	if (volume_parse(value, &volume, why) < 0)
		return -1;
	for (size_t i = 0; i < args->volume_count; i++)
		if (strcmp(args->volumes[i].name, volume.name) == 0) {
			*why = xasprintf(
			    "duplicate volume name \"%s\"", volume.name);
			volume_free(&volume);
			return -1;
		}
	args->volumes =
	    xreallocarray(args->volumes, args->volume_count + 1, sizeof volume);
	args->volumes[args->volume_count++] = volume;
	return 0;
}

int
set_port(
    const struct option *option, void *place, const char *value, char **why)
{
	struct args *args = place;
	struct pod_port port;

	(void)option;
	if (pod_port_parse(value, &port, why) < 0)
		return -1;
	args->ports =
	    xreallocarray(args->ports, args->port_count + 1, sizeof port);
	args->ports[args->port_count++] = port;
	return 0;
}

static int
mount_add(
    struct pod_mount **mounts, size_t *count, const char *value, char **why)
{
	struct pod_mount mount;

	if (mount_parse(value, &mount, why) < 0)
		return -1;
	*mounts = xreallocarray(*mounts, *count + 1, sizeof mount);
	(*mounts)[(*count)++] = mount;
	return 0;
}

int
set_pod_mount(
    const struct option *option, void *place, const char *value, char **why)
{
	struct args *args = place;

	(void)option;
	return mount_add(&args->mounts, &args->mount_count, value, why);
}

int
set_mount(
    const struct option *option, void *place, const char *value, char **why)
{
	struct args_image *image = place;

	(void)option;
	return mount_add(&image->mounts, &image->mount_count, value, why);
}
