/* SPDX-License-Identifier: Apache-2.0 */
/* isolators - what bounds an app: from its image, or from the arguments */

#include <ctype.h>
#include <err.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>

#include "alloc.h"
#include "escape.h"
#include "filter.h"
#include "isolators.h"
#include "num.h"
#include "prog.h"
#include "record.h"
#include "scope.h"
#include "syscalls.h"

#define LINUX_ "os/linux/"
static const char caps_retain[] = LINUX_ "capabilities-retain-set";
static const char caps_remove[] = LINUX_ "capabilities-remove-set";
static const char seccomp_retain[] = LINUX_ "seccomp-retain-set";
static const char seccomp_remove[] = LINUX_ "seccomp-remove-set";

static void
drop(struct app *app, const char *name)
{
	size_t kept = 0;

	for (size_t i = 0; i < app->isolator_count; i++) {
		struct isolator *one = &app->isolators[i];

		if (strcmp(one->name, name) == 0) {
			free(one->name);
			json_decref(one->value);
		} else {
			app->isolators[kept++] = *one;
		}
	}
	app->isolator_count = kept;
}

/* Takes the reference to value. */
static void
set(struct app *app, const char *name, json_t *value)
{
	drop(app, name);
	app->isolators = xreallocarray(
	    app->isolators, app->isolator_count + 1, sizeof(*app->isolators));
	app->isolators[app->isolator_count++] =
	    (struct isolator){ xstrdup(name), value };
}

static void
set_limit(struct app *app, const char *name, const char *text)
{
	if (text != NULL)
		set(app, name, json_pack("{s:s}", "limit", text));
}

static void
set_integer(struct app *app, const char *name, const char *text)
{
	bool negative = text != NULL && text[0] == '-';
	uint64_t value;

	/* args_parse() has seen to its range. */
	if (text == NULL ||
	    num_parse(text + negative, 0, INT32_MAX, &value) < 0)
		return;
	set(app, name,
	    json_integer(negative ? -(json_int_t)value : (json_int_t)value));
}

/* A,B,C as ["A","B","C"]. */
static json_t *
name_list(const char *text)
{
	json_t *names = json_array();
	autofree char *copy = xstrdup(text);
	char *rest = copy;
	const char *name;

	while ((name = strsep(&rest, ",")) != NULL)
		(void)json_array_append_new(names, json_string(name));
	return names;
}

static void
set_capabilities(struct app *app, const struct args_image *options)
{
	if (options->caps_retain == NULL && options->caps_remove == NULL)
		return;
	drop(app, caps_retain);
	drop(app, caps_remove);
	if (options->caps_retain != NULL)
		set(app, caps_retain,
		    json_pack("{s:o}", "set", name_list(options->caps_retain)));
	else
		set(app, caps_remove,
		    json_pack("{s:o}", "set", name_list(options->caps_remove)));
}

void
isolators_all_capabilities(struct app *app)
{
	json_t *names = json_array();

	for (cap_value_t cap = 0; cap < cap_max_bits(); cap++) {
		char *name = cap_to_name(cap);

		for (char *p = name; *p != '\0'; p++)
			*p = (char)toupper((unsigned char)*p);
		(void)json_array_append_new(names, json_string(name));
		(void)cap_free(name);
	}
	drop(app, caps_remove);
	set(app, caps_retain, json_pack("{s:o}", "set", names));
}

/* mode=retain|remove,CALL,... with errno=NAME among them. */
static void
set_seccomp(struct app *app, const char *text)
{
	static const char retain[] = "mode=retain,";
	static const char number[] = "errno=";
	autojson json_t *words = name_list(text);
	json_t *names = json_array();
	json_t *value = json_pack("{s:o}", "set", names);

	for (size_t i = 1; i < json_array_size(words); i++) {
		json_t *word = json_array_get(words, i);
		const char *name = json_string_value(word);

		if (strncmp(name, number, strlen(number)) == 0)
			(void)json_object_set_new(
			    value, "errno", json_string(name + strlen(number)));
		else
			(void)json_array_append(names, word);
	}
	drop(app, seccomp_retain);
	drop(app, seccomp_remove);
	set(app,
	    strncmp(text, retain, strlen(retain)) == 0 ? seccomp_retain
						       : seccomp_remove,
	    value);
}

/*
 * To be the last that the kernel kills when memory ends is at the cost of all
 * others: an image may ask for the opposite, and only the operator for this.
 */
static void
clamp_oom_score(const char *name, struct app *app)
{
	for (size_t i = 0; i < app->isolator_count; i++) {
		struct isolator *one = &app->isolators[i];
		json_int_t score = json_integer_value(one->value);

		if (strcmp(one->name, LINUX_ "oom-score-adj") != 0 ||
		    score >= 0)
			continue;
		warnx("app %s: %s: %lld is for the operator to give "
		      "(--oom-score-adj): 0",
		    name, one->name, (long long)score);
		json_decref(one->value);
		one->value = json_integer(0);
	}
}

void
isolators_override(
    const char *name, struct app *app, const struct args_image *options)
{
	if (options->oom_score == NULL)
		clamp_oom_score(name, app);
	set_limit(app, "resource/memory", options->memory);
	set_limit(app, "resource/cpu", options->cpu);
	set_integer(app, LINUX_ "cpu-shares", options->cpu_shares);
	set_integer(app, LINUX_ "oom-score-adj", options->oom_score);
	set_capabilities(app, options);
	if (options->seccomp != NULL)
		set_seccomp(app, options->seccomp);
}

/* The isolator of this name; the last one counts. */
static const json_t *
find(const struct app *app, const char *name, bool *there)
{
	const json_t *value = NULL;

	*there = false;
	for (size_t i = 0; i < app->isolator_count; i++) {
		if (strcmp(app->isolators[i].name, name) != 0)
			continue;
		value = app->isolators[i].value;
		*there = true;
	}
	return value;
}

static _Noreturn void
refuse(const char *app, const char *isolator, const char *what)
{
	filter_failx(EX_DATAERR, "app %s: %s: %s", app, isolator, what);
}

static void
check_capabilities(const char *app, const char *isolator, const json_t *value)
{
	const json_t *names = json_object_get(value, "set");
	cap_value_t number;

	for (size_t i = 0; i < json_array_size(names); i++) {
		const char *name = json_string_value(json_array_get(names, i));

		if (cap_from_name(name, &number) < 0)
			filter_failx(EX_DATAERR,
			    "app %s: %s: unknown capability \"%s\"", app,
			    isolator, escape(name));
	}
}

void
isolators_check(const char *name, const struct app *app)
{
	bool retain;
	bool remove;
	const json_t *kept = find(app, caps_retain, &retain);
	const json_t *removed = find(app, caps_remove, &remove);

	if (retain && remove)
		refuse(name, caps_retain,
		    "excludes os/linux/capabilities-remove-set");
	if (retain)
		check_capabilities(name, caps_retain, kept);
	if (remove)
		check_capabilities(name, caps_remove, removed);
}

/* The names of a set; the caller frees them with strings_free(). */
static struct strings
set_names(const json_t *value)
{
	const json_t *members = json_object_get(value, "set");
	struct strings names = { 0 };

	for (size_t i = 0; i < json_array_size(members); i++)
		strings_add(
		    &names, json_string_value(json_array_get(members, i)));
	return names;
}

/* What happens to a call that the set does not let through. */
static unsigned
refusal(const char *app, const char *isolator, const json_t *value)
{
	const char *name = record_string(value, "errno");
	unsigned verdict;

	if (name == NULL || *name == '\0')
		return SECCOMP_RET_KILL_PROCESS;
	verdict = syscalls_errno(name);
	if (verdict == 0)
		refuse(app, isolator, "unknown errno");
	return verdict;
}

static bool
has(const struct strings *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++) {
		if (strcmp(names->list[i], name) == 0)
			return true;
	}
	return false;
}

enum seccomp_kind
isolators_seccomp(const char *name, const struct app *app,
    struct sock_filter **program, size_t *instructions)
{
	bool retain;
	bool remove;
	const json_t *kept = find(app, seccomp_retain, &retain);
	const json_t *removed = find(app, seccomp_remove, &remove);
	const char *isolator = retain ? seccomp_retain : seccomp_remove;
	const json_t *value = retain ? kept : removed;
	enum seccomp_kind kind = SECCOMP_OWN;
	struct verdicts verdicts;
	struct strings names;
	autofree char *why = NULL;

	if (!retain && !remove)
		return SECCOMP_DEFAULT;
	names = set_names(value);
	if (retain && has(&names, "@appc.io/all"))
		kind = SECCOMP_NONE;
	else if (remove && has(&names, "@appc.io/empty") && names.count == 1)
		kind = SECCOMP_DEFAULT;
	else
		why = (retain ? syscalls_retain : syscalls_remove)(
		    &names, refusal(name, isolator, value), &verdicts);
	if (why != NULL)
		refuse(name, isolator, why);
	if (kind == SECCOMP_OWN)
		*program = bpf_compile(&verdicts, instructions);
	strings_free(&names);
	return kind;
}
