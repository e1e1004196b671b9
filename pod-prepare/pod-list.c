/* SPDX-License-Identifier: Apache-2.0 */
/* pod-list - list pods: a record each, a table, or the status of one */
/*
 * pod-list [-q] [UUID...]
 * pod-list --table [--full] [--no-legend] [UUID...]
 * pod-list --status UUID
 *
 * Reads the directories of all pods, or of those named (by any unambiguous
 * beginning of a UUID), each from its files alone: no lock is taken and
 * nobody is disturbed.
 */

#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "dirs.h"
#include "escape.h"
#include "prog.h"
#include "record.h"
#include "scope.h"
#include "summary.h"
#include "table.h"

enum { SHORT_UUID = 8, SHORT_ID = 7 + 12 };

static struct {
	bool quiet;
	bool table;
	bool full;
	bool no_legend;
	bool status;
} opts;

struct pods {
	struct summary *list;
	size_t count;
};

static void
usage(FILE *out)
{
	fputs("usage: pod-list [-q] [UUID...]\n"
	      "       pod-list --table [--full] [--no-legend] [UUID...]\n"
	      "       pod-list --status UUID\n",
	    out);
}

static void
read_options(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "full", no_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ "no-legend", no_argument, NULL, 'n' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "status", no_argument, NULL, 's' },
		{ "table", no_argument, NULL, 't' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	int option;

	argv[0] = program_invocation_short_name; /* for getopt's messages */
	while ((option = getopt_long(argc, argv, "+hq", options, NULL)) != -1) {
		switch (option) {
		case 'f':
			opts.full = true;
			break;
		case 'n':
			opts.no_legend = true;
			break;
		case 'q':
			opts.quiet = true;
			break;
		case 's':
			opts.status = true;
			break;
		case 't':
			opts.table = true;
			break;
		case 'V':
			puts("pod-list " RKT_VERSION);
			prog_finish();
			exit(0);
		case 'h':
			usage(stdout);
			prog_finish();
			exit(0);
		default:
			usage(stderr);
			exit(EX_USAGE);
		}
	}
	if (opts.quiet + opts.table + opts.status > 1 ||
	    ((opts.full || opts.no_legend) && !opts.table) ||
	    (opts.status && argc - optind != 1)) {
		usage(stderr);
		exit(EX_USAGE);
	}
}

static int
add(struct pod *pod, void *data)
{
	struct pods *pods = data;

	if ((pods->count & (pods->count - 1)) == 0)
		pods->list = xreallocarray(pods->list,
		    pods->count == 0 ? 1 : 2 * pods->count,
		    sizeof(*pods->list));
	summary_read(pod, !opts.table, &pods->list[pods->count++]);
	return 0;
}

static int
by_uuid(const void *a, const void *b)
{
	const struct summary *one = a;
	const struct summary *other = b;
	int order = strcmp(one->uuid, other->uuid);

	return order != 0 ? order : (int)one->state - (int)other->state;
}

/* One that moved on while we looked was seen twice: its later state counts. */
static void
drop_doubles(struct pods *pods)
{
	size_t kept = 0;

	for (size_t i = 0; i < pods->count; i++) {
		if (i + 1 < pods->count &&
		    strcmp(pods->list[i].uuid, pods->list[i + 1].uuid) == 0)
			summary_free(&pods->list[i]);
		else
			pods->list[kept++] = pods->list[i];
	}
	pods->count = kept;
}

/* All that rkt list shows: not embryos, and not what is being deleted. */
static void
add_all(struct pods *pods)
{
	for (enum pod_place place = POD_PREPARE; place <= POD_EXITED_GARBAGE;
	     place++) {
		if (pod_each(place, add, pods) < 0)
			err(errno == EACCES ? EX_NOPERM : EX_IOERR, "%s/pods",
			    dirs_data());
	}
	if (pods->count > 1)
		qsort(pods->list, pods->count, sizeof(*pods->list), by_uuid);
	drop_doubles(pods);
}

static void
add_named(struct pods *pods, const char *beginning)
{
	char uuid[UUID_SIZE];
	struct pod pod = { .dir = -1 };
	int matches = pod_resolve(beginning, uuid);

	if (matches < 0)
		err(errno == EACCES ? EX_NOPERM : EX_IOERR, "%s/pods",
		    dirs_data());
	if (matches == 0)
		errx(EX_NOINPUT, "no matches found for \"%s\"",
		    escape(beginning));
	if (matches > 1)
		errx(EX_USAGE, "\"%s\": ambiguous uuid, %d matches",
		    escape(beginning), matches);
	if (pod_open(uuid, &pod) < 0)
		err(EX_NOINPUT, "pod %s", uuid);
	(void)add(&pod, pods);
	(void)close(pod.dir);
}

static void
print_records(const struct pods *pods)
{
	for (size_t i = 0; i < pods->count; i++) {
		autojson json_t *record = NULL;
		autofree char *line = NULL;

		if (opts.quiet) {
			puts(pods->list[i].uuid);
			continue;
		}
		record = summary_record(&pods->list[i]);
		line = record_line(record);
		puts(line);
	}
}

static void
add_time(struct table *table, struct timespec when, time_t now)
{
	autofree char *text = NULL;

	if (when.tv_sec != 0)
		text = opts.full ? time_full(when) : time_ago(when, now);
	table_add(table, text == NULL ? "" : text);
}

/* One line for each app; what is the pod's stands in the first. */
static void
add_row(struct table *table, const struct summary *pod, size_t n, time_t now)
{
	static const struct summary_app none = { .status = -1 };
	const struct summary_app *app =
	    n < pod->app_count ? &pod->apps[n] : &none;
	const char *image = app->image == NULL ? "-" : app->image;
	autofree char *uuid =
	    xstrndup(pod->uuid, opts.full ? UUID_SIZE : SHORT_UUID);
	autofree char *full_name =
	    xasprintf("%s%s%s", image, app->version == NULL ? "" : ":",
		app->version == NULL ? "" : app->version);
	autofree char *shown = escape(full_name);
	autofree char *name = escape(app->name == NULL ? "-" : app->name);
	autofree char *id = xstrndup(app->id == NULL ? "-" : app->id, SHORT_ID);
	autofree char *networks = summary_networks(pod);

	table_add(table, n == 0 ? uuid : "");
	table_add(table, name);
	table_add(table, shown);
	if (opts.full)
		table_add(table, id);
	table_add(table, n == 0 ? pod_state_name(pod->state) : "");
	add_time(table, n == 0 ? pod->created : (struct timespec){ 0 }, now);
	add_time(table, n == 0 ? pod->started : (struct timespec){ 0 }, now);
	table_add(table, n == 0 ? networks : "");
}

static void
print_table(const struct pods *pods)
{
	static const char *const legend[] = { "UUID", "APP", "IMAGE NAME",
		"IMAGE ID", "STATE", "CREATED", "STARTED", "NETWORKS" };
	struct table table = { .columns = opts.full ? 8 : 7 };
	time_t now = time(NULL);

	for (size_t i = 0; i < 8 && !opts.no_legend; i++) {
		if (opts.full || strcmp(legend[i], "IMAGE ID") != 0)
			table_add(&table, legend[i]);
	}
	for (size_t i = 0; i < pods->count; i++) {
		const struct summary *pod = &pods->list[i];

		for (size_t n = 0; n == 0 || n < pod->app_count; n++)
			add_row(&table, pod, n, now);
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

static void
print_status(const struct summary *pod)
{
	autofree char *networks = summary_networks(pod);
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

int
main(int argc, char *argv[])
{
	struct pods pods = { 0 };

	prog_start();
	read_options(argc, argv);
	for (int i = optind; i < argc; i++)
		add_named(&pods, argv[i]);
	if (optind == argc)
		add_all(&pods);
	if (opts.status)
		print_status(&pods.list[0]);
	else if (opts.table)
		print_table(&pods);
	else
		print_records(&pods);
	prog_finish();
	for (size_t i = 0; i < pods.count; i++)
		summary_free(&pods.list[i]);
	free(pods.list);
	return 0;
}
