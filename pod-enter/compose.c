/* SPDX-License-Identifier: Apache-2.0 */
/* compose - the plan of a pod, from its manifest */

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "alloc.h"
#include "compose.h"
#include "escape.h"
#include "groups.h"
#include "isolator.h"
#include "manifest.h"
#include "notify.h"
#include "plan.h"
#include "prog.h"
#include "publish.h"
#include "root.h"
#include "scope.h"
#include "seccomp.h"
#include "streams.h"
#include "uids.h"
#include "user.h"
#include "userns.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U /* Linux 6.3 */
#endif

static const char default_path[] =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/* The plan while it grows. */
struct image {
	char *bytes;
	size_t used;
	size_t room;
};

/* Appends bytes, aligned for anything; returns their offset. */
static uint32_t
put(struct image *image, const void *bytes, size_t length)
{
	size_t at = (image->used + 7) / 8 * 8;

	if (length > PLAN_MAX || at + length > PLAN_MAX)
		prog_diex("pod: arguments and environment are too long");
	if (at + length > image->room) {
		image->room = (at + length) * 2;
		image->bytes = xreallocarray(image->bytes, image->room, 1);
	}
	memset(image->bytes + image->used, 0, at - image->used);
	if (length > 0)
		memcpy(image->bytes + at, bytes, length);
	image->used = at + length;
	return (uint32_t)at;
}

static uint32_t
put_text(struct image *image, const char *text)
{
	return put(image, text, strlen(text) + 1);
}

/* A list, with room for as many more as spare says. */
static uint32_t
put_list(struct image *image, const struct strings *list, size_t spare)
{
	autofree uint64_t *offsets =
	    xcalloc(list->count + spare + 1, sizeof *offsets);

	for (size_t i = 0; i < list->count; i++)
		offsets[i] = put_text(image, list->list[i]);
	return put(image, offsets, (list->count + spare + 1) * sizeof *offsets);
}

static void
set_default(struct labels *variables, const char *name, const char *value)
{
	if (labels_get(variables, name) == NULL)
		labels_set(variables, name, value);
}

/* The app's variables: its own, and what the spec has the executor add. */
static void
put_environment(struct image *image, const struct pod_app *app,
    const struct user *user, const char *metadata, bool notifies,
    struct plan_app *plan)
{
	struct labels variables = { 0 };
	struct strings list = { 0 };
	const char *terminal = getenv("TERM");

	for (size_t i = 0; i < app->app->environment.count; i++)
		labels_set(&variables, app->app->environment.list[i].name,
		    app->app->environment.list[i].value);
	set_default(&variables, "PATH", default_path);
	set_default(&variables, "SHELL", user->shell);
	set_default(&variables, "USER", user->name);
	set_default(&variables, "LOGNAME", user->name);
	set_default(&variables, "HOME", user->home);
	if ((plan->flags & APP_TERMINAL) != 0 && terminal != NULL)
		set_default(&variables, "TERM", terminal);
	set_default(&variables, "container", "rkt");
	labels_set(&variables, "AC_APP_NAME", app->name);
	if (metadata != NULL)
		labels_set(&variables, "AC_METADATA_URL", metadata);
	if (notifies)
		labels_set(&variables, "NOTIFY_SOCKET", NOTIFY_TARGET);
	for (size_t i = 0; i < variables.count; i++) {
		autofree char *entry = xasprintf(
		    "%s=%s", variables.list[i].name, variables.list[i].value);

		strings_add(&list, entry);
	}
	plan->environment = put_list(image, &list, 1);
	plan->search = put_text(image, labels_get(&variables, "PATH"));
	strings_free(&list);
	labels_free(&variables);
}

static void
put_command(struct image *image, const struct strings *exec,
    struct plan_app *plan, enum plan_command command)
{
	autofree char *shown = escape(exec->list[0]);

	plan->commands[command] = put_list(image, exec, 0);
	plan->shown[command] = put_text(image, shown);
}

static void
put_commands(
    struct image *image, const struct pod_app *app, struct plan_app *plan)
{
	put_command(image, &app->app->exec, plan, MAIN);
	for (size_t i = 0; i < app->app->handler_count; i++) {
		const struct event_handler *handler = &app->app->handlers[i];

		if (handler->exec.count > 0)
			put_command(image, &handler->exec, plan,
			    strcmp(handler->name, "pre-start") == 0
				? PRE_START
				: POST_STOP);
	}
}

/* The kernel would say no more than "Invalid argument". */
static void
check_ids(const struct userns *userns, const struct pod_app *app,
    const struct user *user)
{
	bool outside = user->uid >= UIDS_COUNT || user->gid >= UIDS_COUNT;

	for (size_t i = 0; i < app->app->gid_count; i++)
		outside |= app->app->gids[i] >= UIDS_COUNT;
	if (userns->fd >= 0 && outside)
		prog_diex("%s: a user or group above %d, the last that a pod "
			  "with users of its own has (--private-users=no)",
		    app->name, UIDS_COUNT - 1);
}

static struct plan_app
make_app(struct image *image, const struct compose *compose, size_t i)
{
	const struct pod_app *app = &compose->manifest->apps[i];
	struct plan_app plan = { .flags = compose->own[i].flags };
	autofree struct sock_filter *filter = NULL;
	autofree char *why = NULL;
	struct user user;
	size_t instructions;

	/* The terminal has one foreground, so it is one app's. */
	if (i == 0 && compose->terminal)
		plan.flags |= APP_TERMINAL;
	if (isolators_apply(app->name, app->app, &plan, &why) < 0 ||
	    user_find(compose->roots[i].tree, app->app->user, app->app->group,
		compose->userns->first, &user, &why) < 0)
		prog_diex("%s: %s", app->name, why);
	check_ids(compose->userns, app, &user);
	filter = seccomp_program(compose->pod, app->name, &instructions);
	plan.name = put_text(image, app->name);
	if (app->app->working_directory != NULL &&
	    strcmp(app->app->working_directory, "/") != 0)
		plan.directory = put_text(image, app->app->working_directory);
	put_commands(image, app, &plan);
	put_environment(image, app, &user, compose->metadata,
	    (int)i == compose->notifier, &plan);
	plan.uid = user.uid;
	plan.gid = user.gid;
	plan.gids = put(image, app->app->gids,
	    app->app->gid_count * sizeof *app->app->gids);
	plan.gid_count = (uint32_t)app->app->gid_count;
	plan.groups = compose->groups->app_count[i];
	plan.filter = put(image, filter, instructions * sizeof *filter);
	plan.filter_count = (uint32_t)instructions;
	user_free(&user);
	return plan;
}

static int
seal(const struct image *image)
{
	const int seals =
	    F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	autofd int fd = memfd_create("plan", flags | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("plan", flags);
	if (fd < 0 || write_all(fd, image->bytes, image->used) < 0 ||
	    fcntl(fd, F_ADD_SEALS, seals) < 0)
		prog_die("plan");
	return take_fd(&fd);
}

int
compose_plan(const struct compose *compose)
{
	size_t count = compose->manifest->app_count;
	size_t size = sizeof(struct plan) + count * sizeof(struct plan_app);
	autofree char *head = xcalloc(1, size);
	struct plan *plan = (void *)head;
	struct image image = { 0 };
	int fd;

	/* Its place first: what is known at the end is copied there. */
	(void)put(&image, plan, size);
	plan->magic = PLAN_MAGIC;
	plan->flags = compose->flags;
	plan->program = put_text(&image, program_invocation_short_name);
	plan->failed = (uint32_t)prog_status;
	plan->app_count = (uint32_t)count;
	for (size_t i = 0; i < count; i++)
		plan->apps[i] = make_app(&image, compose, i);
	plan->size = (uint32_t)image.used;
	memcpy(image.bytes, plan, size);
	fd = seal(&image);
	free(image.bytes);
	return fd;
}
