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
#include "limit.h"
#include "manifest.h"
#include "plan.h"
#include "prog.h"
#include "scope.h"
#include "sysctl.h"

enum { OOM_SCORE_MAX = 1000 };

static bool
apply_retain(const json_t *value, struct plan_app *plan)
{
	plan->bounding = caps_set(value);
	return plan->bounding != 0;
}

static bool
apply_remove(const json_t *value, struct plan_app *plan)
{
	uint64_t caps = caps_set(value);

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

/*
 * Applied elsewhere: pod-prepare has made a program of a set of calls, which
 * seccomp.c reads; limits are those of control groups, groups.c.
 */
static bool
apply_nothing(const json_t *value, struct plan_app *plan)
{
	(void)value;
	(void)plan;
	return true;
}

/* What an app has: a right or limit of its own. */
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
};

/* An executor must not run an app without these (spec, "isolators"). */
static const struct {
	const char *name;
	const char *why;
} refused[] = {
	{ "os/linux/apparmor-profile", "AppArmor is not supported" },
	{ "os/linux/selinux-context", "SELinux is not supported" },
};

static const char sysctl[] = "os/unix/sysctl";

static const char *
refusal(const char *name)
{
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		if (strcmp(refused[i].name, name) == 0)
			return refused[i].why;
	return NULL;
}

/* Those that bound nothing here; whose is "pod", or an app's name. */
static void
report(const char *whose, const struct isolator *isolator)
{
	autofree char *shown = escape(isolator->name);

	if (!limits_know(isolator->name))
		warnx("%s: isolator %s not applied", whose, shown);
}

static int
apply(const char *name, const struct isolator *isolator, struct plan_app *plan,
    char **why)
{
	const char *wrong = refusal(isolator->name);

	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (strcmp(known[i].name, isolator->name) != 0)
			continue;
		if (known[i].apply(isolator->value, plan))
			return 0;
		wrong = "cannot be applied";
	}
	if (strcmp(isolator->name, sysctl) == 0)
		wrong = "is for the pod, not for an app";
	if (wrong == NULL) {
		report(name, isolator);
		return 0;
	}
	*why = xasprintf("isolator %s: %s", isolator->name, wrong);
	return -1;
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

/* Rights that are an app's: to leave them out would be to give more. */
static bool
is_right(const char *name)
{
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(known[i].name, name) == 0)
			return true;
	return false;
}

void
isolators_of_pod(const struct pod_manifest *pod, bool own_network)
{
	for (size_t i = 0; i < pod->isolator_count; i++) {
		const struct isolator *isolator = &pod->isolators[i];
		const char *name = isolator->name;
		autofree char *setting =
		    strcmp(name, sysctl) == 0
			? sysctl_refusal(isolator, own_network)
			: NULL;
		const char *wrong = setting != NULL  ? setting
				    : is_right(name) ? "is for apps, "
						       "not for the pod"
						     : refusal(name);

		if (wrong != NULL)
			prog_diex("pod: isolator %s: %s", name, wrong);
		if (strcmp(name, sysctl) != 0)
			report("pod", isolator);
	}
}
