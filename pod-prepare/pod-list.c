/* SPDX-License-Identifier: Apache-2.0 */
/* pod-list - list pods: a record each, a table, or what is to know of one */
/*
 * pod-list [-q] [UUID...]
 * pod-list --table [--full] [--no-legend] [--format=FORMAT] [UUID...]
 * pod-list --status [--wait[=DUR]] [--wait-ready[=DUR]] [--format=FORMAT] UUID
 * pod-list --manifest [--pretty-print[=BOOL]] UUID
 *
 * Reads the directories of all pods, or of those named (by any unambiguous
 * beginning of a UUID, or by a file that holds one), each from its files alone:
 * no lock is taken and nobody is disturbed.
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "alloc.h"
#include "described.h"
#include "dirs.h"
#include "list-options.h"
#include "manifest.h"
#include "named.h"
#include "num.h"
#include "path.h"
#include "prog.h"
#include "record.h"
#include "rows.h"
#include "scope.h"
#include "summary.h"

static struct list_options opts;

struct pods {
	struct summary *list;
	size_t count;
};

/* What the mode shows of a pod, beyond what its directory has at once. */
static unsigned
detail(void)
{
	if (opts.format != PLAIN)
		return SUMMARY_DETAIL | SUMMARY_MANIFEST;
	return opts.mode == TABLE || opts.mode == QUIET ? 0 : SUMMARY_DETAIL;
}

static int
add(struct pod *pod, void *data)
{
	struct pods *pods = data;

	if ((pods->count & (pods->count - 1)) == 0)
		pods->list = xreallocarray(pods->list,
		    pods->count == 0 ? 1 : 2 * pods->count,
		    sizeof(*pods->list));
	summary_read(pod, detail(), &pods->list[pods->count++]);
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

/* By a beginning of its UUID. */
static void
open_named(const char *beginning, struct pod *pod)
{
	pod->dir = -1;
	if (named_open(beginning, pod) < 0)
		exit(errno == EACCES     ? EX_NOPERM
		     : errno == ENOTUNIQ ? EX_USAGE
					 : EX_NOINPUT);
}

static void
add_named(struct pods *pods, const char *beginning)
{
	struct pod pod;

	open_named(beginning, &pod);
	(void)add(&pod, pods);
	(void)close(pod.dir);
}

/* The one pod of --status and --manifest. */
static void
open_one(char *const operands[], struct pod *pod)
{
	autofree char *from_file = NULL;

	if (opts.uuid_file != NULL &&
	    (from_file = named_file(opts.uuid_file)) == NULL)
		exit(EX_NOINPUT);
	open_named(from_file != NULL ? from_file : operands[0], pod);
}

static void
wait_for(struct pod *pod)
{
	autofree char *patience = NULL;

	if (await(pod, opts.what, opts.patience) == 0)
		return;
	if (errno != EAGAIN)
		err(EX_NOINPUT, "pod \"%s\"", pod->uuid);
	patience = duration_format(opts.patience);
	errx(EX_TEMPFAIL, "pod \"%s\" %s after %s", pod->uuid,
	    opts.what == AWAIT_END ? "has not ended" : "is not ready",
	    patience);
}

static void
print_records(const struct pods *pods)
{
	for (size_t i = 0; i < pods->count; i++) {
		autojson json_t *record = NULL;
		autofree char *line = NULL;

		if (opts.mode == QUIET) {
			puts(pods->list[i].uuid);
			continue;
		}
		record = summary_record(&pods->list[i]);
		line = record_line(record);
		puts(line);
	}
}

static void
print_json(const json_t *json)
{
	(void)json_dumpf(json, stdout,
	    opts.format == JSON_PRETTY ? JSON_INDENT(2) : JSON_COMPACT);
	(void)putchar('\n');
}

static void
print_list(const struct pods *pods)
{
	autojson json_t *list = json_array();

	for (size_t i = 0; i < pods->count; i++)
		(void)json_array_append_new(list, described(&pods->list[i]));
	print_json(list);
}

static void
print_status(const struct summary *pod)
{
	autojson json_t *json = NULL;

	if (opts.format == PLAIN) {
		rows_status(pod);
		return;
	}
	json = described(pod);
	print_json(json);
}

static void
status_of(char *const operands[])
{
	struct pod pod;
	struct summary summary;

	open_one(operands, &pod);
	if (opts.waits)
		wait_for(&pod);
	summary_read(&pod, detail(), &summary);
	print_status(&summary);
	summary_free(&summary);
	(void)close(pod.dir);
}

/* Its bytes, unless it is to be read by people. */
static void
manifest_of(char *const operands[])
{
	size_t length = 0;
	autofree char *bytes = NULL;
	autofree char *why = NULL;
	autojson json_t *json = NULL;
	struct pod pod;

	open_one(operands, &pod);
	bytes = path_read(pod.dir, "pod", MANIFEST_MAX, &length);
	if (bytes == NULL)
		err(errno == ENOENT ? EX_NOINPUT : EX_IOERR, "pod \"%s\": pod",
		    pod.uuid);
	if (opts.compact) {
		(void)fwrite(bytes, 1, length, stdout);
		(void)putchar('\n');
	} else {
		json = json_parse(bytes, length, &why);
		if (json == NULL)
			errx(EX_DATAERR, "pod \"%s\": pod: %s", pod.uuid, why);
		(void)json_dumpf(json, stdout, JSON_INDENT(2));
		(void)putchar('\n');
	}
	(void)close(pod.dir);
}

/* A pod that was killed has left none: that is 128 and the signal. */
static void
exit_statuses(char *const operands[])
{
	for (; *operands != NULL; operands++) {
		autofree char *text = NULL;
		struct pod pod;
		struct stat file;

		open_named(*operands, &pod);
		wait_for(&pod);
		text = path_read(pod.dir, "lock", POD_LOCK_MAX, NULL);
		if (text == NULL)
			err(EX_IOERR, "pod \"%s\": lock", pod.uuid);
		if (fstatat(pod.dir, "pid", &file, AT_SYMLINK_NOFOLLOW) < 0)
			errx(EX_NO, "pod \"%s\" has not been run", pod.uuid);
		text[strcspn(text, "\n")] = '\0';
		(void)puts(*text == '\0' ? "137" : text);
		(void)fflush(stdout);
		(void)close(pod.dir);
	}
}

static void
list(char *const operands[])
{
	struct pods pods = { 0 };

	for (size_t i = 0; operands[i] != NULL; i++)
		add_named(&pods, operands[i]);
	if (operands[0] == NULL)
		add_all(&pods);
	if (opts.mode == TABLE && opts.format != PLAIN)
		print_list(&pods);
	else if (opts.mode == TABLE)
		rows_table(pods.list, pods.count, opts.full, !opts.no_legend);
	else
		print_records(&pods);
	for (size_t i = 0; i < pods.count; i++)
		summary_free(&pods.list[i]);
	free(pods.list);
}

int
main(int argc, char *argv[])
{
	prog_start();
	list_options_read(argc, argv, &opts);
	if (opts.mode == STATUS)
		status_of(argv + optind);
	else if (opts.mode == MANIFEST)
		manifest_of(argv + optind);
	else if (opts.mode == EXIT_STATUS)
		exit_statuses(argv + optind);
	else
		list(argv + optind);
	prog_finish();
	return 0;
}
