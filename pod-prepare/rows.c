/* SPDX-License-Identifier: Apache-2.0 */
/* rows - pods as people read them: a table of many, the lines of one */

#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "escape.h"
#include "record.h"
#include "rows.h"
#include "scope.h"
#include "table.h"

enum { SHORT_UUID = 8, SHORT_ID = 7 + 12 };

static void
add_time(struct table *table, struct timespec when, bool full, time_t now)
{
	autofree char *text = NULL;

	if (when.tv_sec != 0)
		text = full ? time_full(when) : time_ago(when, now);
	table_add(table, text == NULL ? "" : text);
}

/* What --name said before the first image; NULL: nothing. */
static const char *
name_of(const struct summary *pod)
{
	return record_string(pod->choices, "name");
}

static bool
any_name(const struct summary *pods, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (name_of(&pods[i]) != NULL)
			return true;
	return false;
}

/* Which columns there are besides rkt's seven. */
struct shape {
	bool full;  /* the image's id; all else is longer too */
	bool named; /* the pods' names, behind all that scripts count on */
};

/* One line for each app; what is the pod's stands in the first. */
static void
add_row(struct table *table, const struct summary *pod, size_t n,
    const struct shape *shape, time_t now)
{
	static const struct summary_app none = { .status = -1 };
	const struct summary_app *app =
	    n < pod->app_count ? &pod->apps[n] : &none;
	bool full = shape->full;
	const char *image = app->image == NULL ? "-" : app->image;
	autofree char *uuid =
	    xstrndup(pod->uuid, full ? UUID_SIZE : SHORT_UUID);
	autofree char *full_name =
	    xasprintf("%s%s%s", image, app->version == NULL ? "" : ":",
		app->version == NULL ? "" : app->version);
	autofree char *shown = escape(full_name);
	autofree char *name = escape(app->name == NULL ? "-" : app->name);
	autofree char *id = xstrndup(app->id == NULL ? "-" : app->id, SHORT_ID);
	autofree char *networks = summary_networks(pod, full);
	autofree char *own = escape(name_of(pod) != NULL ? name_of(pod) : "-");

	table_add(table, n == 0 ? uuid : "");
	table_add(table, name);
	table_add(table, shown);
	if (full)
		table_add(table, id);
	table_add(table, n == 0 ? pod_state_name(pod->state) : "");
	add_time(
	    table, n == 0 ? pod->created : (struct timespec){ 0 }, full, now);
	add_time(
	    table, n == 0 ? pod->started : (struct timespec){ 0 }, full, now);
	table_add(table, n == 0 ? networks : "");
	if (shape->named)
		table_add(table, n == 0 ? own : "");
}

void
rows_table(const struct summary *pods, size_t count, bool full, bool legend)
{
	static const char *const names[] = { "UUID", "APP", "IMAGE NAME",
		"IMAGE ID", "STATE", "CREATED", "STARTED", "NETWORKS",
		"POD NAME" };
	const struct shape shape = { full, any_name(pods, count) };
	struct table table = { .columns = 7U + full + shape.named };
	time_t now = time(NULL);

	for (size_t i = 0; i < (shape.named ? 9 : 8) && legend; i++) {
		if (full || strcmp(names[i], "IMAGE ID") != 0)
			table_add(&table, names[i]);
	}
	for (size_t i = 0; i < count; i++) {
		const struct summary *pod = &pods[i];

		for (size_t n = 0; n == 0 || n < pod->app_count; n++)
			add_row(&table, pod, n, &shape, now);
	}
	table_print(&table);
}

static void
print_time(const char *name, struct timespec when)
{
	autofree char *text = time_full(when);

	if (when.tv_sec != 0)
		printf("%s=%s\n", name, text);
}

void
rows_status(const struct summary *pod)
{
	autofree char *networks = summary_networks(pod, false);
	bool running = pod->state == POD_IS_RUNNING;

	printf("state=%s\n", pod_state_name(pod->state));
	print_time("created", pod->created);
	print_time("started", pod->started);
	if (pod->state == POD_IS_PREPARED || pod->state == POD_IS_PREPARING ||
	    pod->state == POD_IS_ABORTED_PREPARE || pod->state == POD_IS_EMBRYO)
		return;
	if (running || pod->state == POD_IS_EXITED)
		printf("networks=%s\n", networks);
	if (pod->pid != 0)
		printf("pid=%ld\n", (long)pod->pid);
	printf("exited=%s\n", running ? "false" : "true");
	for (size_t i = 0; i < pod->app_count && !running; i++) {
		autofree char *name = escape(pod->apps[i].name);

		if (pod->apps[i].status >= 0)
			printf("app-%s=%d\n", name, pod->apps[i].status);
	}
}
