/* SPDX-License-Identifier: Apache-2.0 */
/* args-value - where the values of rkt's options go */

#include <stdint.h>
#include <string.h>

#include "alloc.h"
#include "args-value.h"
#include "escape.h"
#include "pairs.h"
#include "scope.h"

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
