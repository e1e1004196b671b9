/* SPDX-License-Identifier: Apache-2.0 */
/* isolator - limits and rights: what their values may be */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "actype.h"
#include "alloc.h"
#include "num.h"
#include "schema.h"
#include "scope.h"

#define DIGITS "0123456789"
#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
/* All but the tab, which separates the numbers of some kernel settings */
#define CONTROLS \
	"\1\2\3\4\5\6\a\b\n\v\f\r\16\17\20\21\22\23\24\25\26\27\30" \
	"\31\32\33\34\35\36\37\177"

enum { NUMBER_MAX = 32 };

/* A quantity may be a number, too; NULL if it is neither. */
static const char *
quantity_text(const json_t *value, char number[NUMBER_MAX])
{
	if (!json_is_number(value))
		return json_string_value(value);
	(void)snprintf(number, NUMBER_MAX, "%.15g", json_number_value(value));
	return number;
}

int
quantity_of(const json_t *value, int64_t *milli)
{
	char number[NUMBER_MAX];
	const char *text = quantity_text(value, number);

	return quantity_parse(text == NULL ? "" : text, milli);
}

static int
quantity_read(const struct spot *object, const char *name, bool *there)
{
	struct spot at;
	char number[NUMBER_MAX];
	const char *text;
	int64_t milli;

	if (spot_member(object, name, &at) < 0)
		return -1;
	*there = at.json != NULL;
	if (at.json == NULL)
		return 0;
	text = quantity_text(at.json, number);
	if (text == NULL && spot_string(&at, &text) < 0)
		return -1;
	if (quantity_parse(text, &milli) == 0)
		return 0;
	return spot_bad(&at, text,
	    errno == ERANGE ? "is out of range" : "is not a quantity");
}

struct resource {
	int is_default;
	bool request, limit; /* is there one? */
};

static int
resource_read(const struct spot *value, struct resource *resource)
{
	resource->is_default = false;
	return spot_object(value) < 0 ||
		       spot_flag(value, "default", &resource->is_default) < 0 ||
		       quantity_read(value, "request", &resource->request) <
			   0 ||
		       quantity_read(value, "limit", &resource->limit) < 0
		   ? -1
		   : 0;
}

/* {"request":…,"limit":…}: the app's own part of the machine. */
static int
resource_check(const struct spot *value)
{
	struct resource has;

	if (resource_read(value, &has) < 0)
		return -1;
	if (has.is_default)
		return spot_fail(value, "default must not be true");
	if (!has.request && !has.limit)
		return spot_fail(value, "has neither a request nor a limit");
	return 0;
}

/* {"default":true,"limit":…}: of devices and networks without a name. */
static int
default_check(const struct spot *value)
{
	struct resource has;

	if (resource_read(value, &has) < 0)
		return -1;
	if (!has.is_default)
		return spot_fail(value, "default must be true");
	if (has.request)
		return spot_fail(value, "request is not possible");
	return has.limit ? 0 : spot_fail(value, "has no limit");
}

/* The list "set" of an isolator, which must not be empty. */
static int
set_check(const struct spot *value, spot_check *check)
{
	struct strings set = { 0 };
	struct spot at;
	int result;

	if (spot_object(value) < 0 || spot_member(value, "set", &at) < 0)
		return -1;
	result = schema_strings(value, "set", check, &set);
	if (result == 0 && set.count == 0)
		result = spot_fail(
		    &at, "is %s", at.json == NULL ? "missing" : "empty");
	strings_free(&set);
	return result;
}

const char *
capability_check(const char *text)
{
	if (strncmp(text, "CAP_", 4) != 0 || text[4] == '\0' ||
	    text[4 + strspn(text + 4, UPPER "_")] != '\0')
		return "is not a capability (CAP_...)";
	return NULL;
}

static int
capabilities_check(const struct spot *value)
{
	return set_check(value, capability_check);
}

const char *
call_check(const char *text)
{
	size_t length = *text == '@' ? 1 + strspn(text + 1, LOWER DIGITS "./-")
				     : strspn(text, LOWER UPPER DIGITS "_");

	if (text[length] != '\0' || length < 1 + (*text == '@'))
		return "is not a system call or a set (@...)";
	return NULL;
}

const char *
errno_check(const char *text)
{
	if (*text != 'E' || text[1] == '\0' ||
	    text[strspn(text, UPPER DIGITS)] != '\0')
		return "is not the name of an error (E...)";
	return NULL;
}

static int
seccomp_check(const struct spot *value)
{
	autofree char *name = NULL;

	if (set_check(value, call_check) < 0)
		return -1;
	return spot_may_checked(value, "errno", errno_check, &name);
}

static int
flag_check(const struct spot *value)
{
	if (!json_is_boolean(value->json))
		return spot_fail(value, "is neither true nor false");
	return 0;
}

static int
integer_check(const struct spot *value, int64_t min, int64_t max)
{
	int64_t number = json_integer_value(value->json);

	if (!json_is_integer(value->json))
		return spot_fail(value, "is not a whole number");
	if (number < min || number > max)
		return spot_fail(value, "%lld is not from %lld to %lld",
		    (long long)number, (long long)min, (long long)max);
	return 0;
}

static int
oom_check(const struct spot *value)
{
	return integer_check(value, -1000, 1000);
}

static int
shares_check(const struct spot *value)
{
	return integer_check(value, 2, 262144);
}

static int
pids_check(const struct spot *value)
{
	return integer_check(value, 1, 4194304);
}

static const char *
context_check(const char *text)
{
	if (*text == '\0')
		return "is empty";
	return text[strspn(text, LOWER UPPER DIGITS "_.-")] == '\0'
		   ? NULL
		   : "is not part of a security context";
}

static const char *
level_check(const char *text)
{
	if (*text == '\0')
		return "is empty";
	return text[strspn(text, LOWER UPPER DIGITS "_.,:-")] == '\0'
		   ? NULL
		   : "is not the level of a security context";
}

static int
selinux_check(const struct spot *value)
{
	static const char *const parts[] = { "user", "role", "type", "level" };

	if (spot_object(value) < 0)
		return -1;
	for (size_t i = 0; i < 4; i++) {
		autofree char *text = NULL;

		if (spot_checked(value, parts[i],
			i < 3 ? context_check : level_check, &text) < 0)
			return -1;
	}
	return 0;
}

/* A profile's name goes into /proc/self/attr: one word, and printable. */
static const char *
profile_check(const char *text)
{
	if (*text == '\0')
		return "is empty";
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text >= 0x7f)
			return "is not a profile's name";
	return NULL;
}

static int
apparmor_check(const struct spot *value)
{
	autofree char *profile = NULL;

	if (spot_object(value) < 0)
		return -1;
	return spot_checked(value, "profile", profile_check, &profile);
}

/* A key is a path below /proc/sys: CVE-2022-0811 was a value with a "+". */
static int
sysctl_check(const struct spot *value)
{
	json_t *settings = NULL;
	const char *key;
	json_t *setting;
	int result = 0;

	if (spot_object(value) < 0 ||
	    schema_map(value->up, value->name, &settings))
		return -1;
	json_object_foreach(settings, key, setting)
	{
		const char *text = json_string_value(setting);
		struct spot at = {
			.up = value, .name = key, .why = value->why
		};

		if (*key == '\0' || *key == '/' || *key == '.' ||
		    key[strspn(key, LOWER UPPER DIGITS "_./-")] != '\0' ||
		    strstr(key, "..") != NULL || strstr(key, "//") != NULL)
			result = spot_fail(&at, "is not a kernel setting");
		else if (text[strcspn(text, CONTROLS)] != '\0')
			result = spot_fail(&at, "has a control character");
		if (result < 0)
			break;
	}
	json_decref(settings);
	return result;
}

static const struct {
	const char *name;
	int (*check)(const struct spot *value);
} known[] = {
	{ "resource/cpu", resource_check },
	{ "resource/memory", resource_check },
	{ "resource/block-bandwidth", default_check },
	{ "resource/block-iops", default_check },
	{ "resource/network-bandwidth", default_check },
	{ "os/linux/capabilities-retain-set", capabilities_check },
	{ "os/linux/capabilities-remove-set", capabilities_check },
	{ "os/linux/seccomp-retain-set", seccomp_check },
	{ "os/linux/seccomp-remove-set", seccomp_check },
	{ "os/linux/no-new-privileges", flag_check },
	{ "os/linux/oom-score-adj", oom_check },
	{ "os/linux/cpu-shares", shares_check },
	{ "os/linux/pids-limit", pids_check },
	{ "os/linux/selinux-context", selinux_check },
	{ "os/linux/apparmor-profile", apparmor_check },
	{ "os/unix/sysctl", sysctl_check },
};

/* "CAP_A CAP_B" as the set of an isolator of today. */
static json_t *
old_capabilities(const char *text)
{
	json_t *set = json_array();

	for (;;) {
		size_t length;

		text += strspn(text, " ,");
		length = strcspn(text, " ,");
		if (length == 0)
			return json_pack("{s:o}", "set", set);
		json_array_append_new(set, json_stringn(text, length));
		text += length;
	}
}

static json_t *
old_shares(const char *text)
{
	uint64_t number;

	if (num_parse(text, 0, INT32_MAX, &number) < 0)
		return json_string(text); /* shares_check() refuses it */
	return json_integer((json_int_t)number);
}

static json_t *
old_limit(const char *text)
{
	return json_pack("{s:s}", "limit", text);
}

static json_t *
old_text(const char *text)
{
	return json_string(text);
}

/* Up to version 0.3 a value was a text. */
static const struct {
	const char *name;
	const char *now;
	json_t *(*value)(const char *text);
} olds[] = {
	{ "memory/limit", "resource/memory", old_limit },
	{ "cpu/shares", "os/linux/cpu-shares", old_shares },
	{ "capabilities/bounding-set", "os/linux/capabilities-retain-set",
	    old_capabilities },
	{ "capabilities/boundingSet", "os/linux/capabilities-retain-set",
	    old_capabilities },
	{ "privateNetwork", "private-network", old_text },
};

/* The isolator of today for an old one; false if it is none. */
static bool
isolator_renew(
    struct isolator *isolator, const struct spot *value, const char *name)
{
	const char *text = json_string_value(value->json);

	for (size_t i = 0; text != NULL && i < sizeof olds / sizeof *olds; i++)
		if (strcmp(name, olds[i].name) == 0) {
			isolator->name = xstrdup(olds[i].now);
			isolator->value = olds[i].value(text);
			return true;
		}
	return false;
}

/* Before version 0.7 a plain number of resource/cpu was in thousandths. */
static void
cpu_renew(struct isolator *isolator)
{
	static const char *const members[] = { "request", "limit" };

	for (size_t i = 0; i < 2; i++) {
		json_t *old = json_object_get(isolator->value, members[i]);
		const char *text = json_string_value(old);
		autofree char *number = NULL;

		if (json_is_integer(old))
			number = xasprintf(
			    "%lldm", (long long)json_integer_value(old));
		else if (text != NULL && *text != '\0' &&
			 text[strspn(text, DIGITS)] == '\0')
			number = xasprintf("%sm", text);
		if (number != NULL)
			json_object_set_new(
			    isolator->value, members[i], json_string(number));
	}
}

static int
isolator_read(const struct spot *spot, void *element)
{
	struct isolator *isolator = element;
	struct spot at, value, old;
	const char *name, *wrong;

	if (spot_member(spot, "name", &at) < 0 || spot_string(&at, &name) < 0 ||
	    spot_member(spot, "value", &value) < 0 ||
	    spot_member(spot, "val", &old) < 0)
		return -1;
	if (value.json == NULL && old.json != NULL)
		value = old;
	if (value.json == NULL)
		return spot_fail(&value, "is missing");
	if (!isolator_renew(isolator, &value, name)) {
		wrong = acidentifier_check(name);
		if (wrong != NULL)
			return spot_bad(&at, name, wrong);
		isolator->name = xstrdup(name);
		isolator->value = json_deep_copy(value.json);
	}
	if (spot_before(spot, 7) && strcmp(isolator->name, "resource/cpu") == 0)
		cpu_renew(isolator);
	value.json = isolator->value;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(isolator->name, known[i].name) == 0)
			return known[i].check(&value);
	return 0;
}

int
schema_isolators(
    const struct spot *object, struct isolator **isolators, size_t *count)
{
	static const struct spot_kind kind = { sizeof(struct isolator), true,
		isolator_read };
	bool seccomp = false;

	if (spot_each(object, "isolators", &kind, isolators, count) < 0)
		return -1;
	for (size_t i = 0; i < *count; i++) {
		struct spot list = {
			.up = object, .name = "isolators", .why = object->why
		};

		if (strncmp((*isolators)[i].name, "os/linux/seccomp-", 17) != 0)
			continue;
		if (seccomp)
			return spot_fail(&list, "has two system call filters");
		seccomp = true;
	}
	return 0;
}

void
isolators_free(struct isolator *isolators, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(isolators[i].name);
		json_decref(isolators[i].value);
	}
	free(isolators);
}

json_t *
isolators_json(const struct isolator *isolators, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(
		    list, json_pack("{s:s, s:O?}", "name", isolators[i].name,
			      "value", isolators[i].value));
	return list;
}
