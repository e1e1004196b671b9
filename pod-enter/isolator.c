/* SPDX-License-Identifier: Apache-2.0 */
/* isolator - the isolators of an app, made part of its plan */

#include <err.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "caps.h"
#include "escape.h"
#include "isolator.h"
#include "manifest.h"
#include "plan.h"
#include "scope.h"

enum { OOM_SCORE_MAX = 1000 };

/* The set of a capability isolator, 0 if it is not one. */
static uint64_t
read_caps(const json_t *value)
{
	const json_t *set = json_object_get(value, "set");
	uint64_t caps = 0;
	size_t i;
	json_t *name;

	json_array_foreach(set, i, name)
	{
		const char *text = json_string_value(name);
		uint64_t bit = text == NULL ? 0 : caps_bit(text);

		if (bit == 0)
			return 0;
		caps |= bit;
	}
	return caps;
}

static bool
apply_retain(const json_t *value, struct plan_app *plan)
{
	plan->bounding = read_caps(value);
	return plan->bounding != 0;
}

static bool
apply_remove(const json_t *value, struct plan_app *plan)
{
	uint64_t caps = read_caps(value);

	plan->bounding = caps_default & ~caps;
	return caps != 0;
}

static bool
apply_no_new_privs(const json_t *value, struct plan_app *plan)
{
	if (json_is_true(value))
		plan->flags |= APP_NO_NEW_PRIVS;
	return json_is_boolean(value);
}

static bool
apply_oom_score(const json_t *value, struct plan_app *plan)
{
	json_int_t score = json_integer_value(value);

	plan->oom_score = (int32_t)score;
	plan->flags |= APP_OOM_SCORE;
	return json_is_integer(value) && llabs(score) <= OOM_SCORE_MAX;
}

/* pod-prepare has made a program of these, which seccomp.c reads. */
static bool
apply_nothing(const json_t *value, struct plan_app *plan)
{
	(void)value;
	(void)plan;
	return true;
}

/* An executor must not run an app without these (spec, "isolators"). */
static bool
refuse(const json_t *value, struct plan_app *plan)
{
	(void)value;
	(void)plan;
	return false;
}

static const struct {
	const char *name;
	bool (*apply)(const json_t *value, struct plan_app *plan);
} known[] = {
	{ "os/linux/capabilities-retain-set", apply_retain },
	{ "os/linux/capabilities-remove-set", apply_remove },
	{ "os/linux/no-new-privileges", apply_no_new_privs },
	{ "os/linux/oom-score-adj", apply_oom_score },
	{ "os/linux/seccomp-retain-set", apply_nothing },
	{ "os/linux/seccomp-remove-set", apply_nothing },
	{ "os/linux/apparmor-profile", refuse },
	{ "os/linux/selinux-context", refuse },
};

static int
apply(const char *name, const struct isolator *isolator, struct plan_app *plan,
    char **why)
{
	autofree char *shown = escape(isolator->name);

	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (strcmp(known[i].name, isolator->name) != 0)
			continue;
		if (known[i].apply(isolator->value, plan))
			return 0;
		*why = xasprintf("isolator %s: cannot be applied", shown);
		return -1;
	}
	warnx("%s: isolator %s not applied", name, shown);
	return 0;
}

int
isolators_apply(
    const char *name, const struct app *app, struct plan_app *plan, char **why)
{
	plan->bounding = caps_default;
	for (size_t i = 0; i < app->isolator_count; i++)
		if (apply(name, &app->isolators[i], plan, why) < 0)
			return -1;
	return 0;
}

void
isolators_report(const struct pod_manifest *pod)
{
	for (size_t i = 0; i < pod->isolator_count; i++) {
		autofree char *shown = escape(pod->isolators[i].name);

		warnx("pod: isolator %s not applied", shown);
	}
}
