/* SPDX-License-Identifier: Apache-2.0 */
/* cas-put - store an image that was fetched and verified
 *
 * cas-put [-q] [--insecure] [--render=KIND] < record
 *
 * Reads each archive once: inflates, hashes and writes it; compares its digest
 * with the one that was verified; reads the tar's entries and the manifest;
 * compares that with what was asked for; composes the tree, of layers or of
 * dependencies too; makes the index; names it all.  Only the last rename makes
 * it an image.
 */

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "checks.h"
#include "commit.h"
#include "compose.h"
#include "confirm.h"
#include "dependency.h"
#include "dirs.h"
#include "escape.h"
#include "filter.h"
#include "image.h"
#include "intake.h"
#include "news.h"
#include "prog.h"
#include "record.h"
#include "remove.h"
#include "render.h"
#include "scope.h"
#include "store.h"
#include "usage.h"

static const char usage[] =
    "usage: cas-put [-q] [--insecure] [--render=auto|erofs|tree] < record\n\n"
    "  -q, --quiet         print the image's id only\n"
    "      --insecure      take an image that was not verified\n"
    "      --render=KIND   how to keep its root file system; auto tries an\n"
    "                      EROFS index first, then unpacks a tree\n"
    "                      (also: the variable RKT_STORE_KIND)\n"
    "  -h, --help\n"
    "      --version\n";

struct opts {
	bool quiet;
	bool insecure;
	enum render_kind kind;
};

static void
parse_options(int argc, char *argv[], struct opts *opts)
{
	static const struct option options[] = {
		{ "quiet", no_argument, NULL, 'q' },
		{ "insecure", no_argument, NULL, 'i' },
		{ "render", required_argument, NULL, 'r' },
		USAGE_OPTIONS,
	};

	if (render_parse_default(&opts->kind) < 0)
		errx(EX_CONFIG, "RKT_STORE_KIND: not auto, erofs or tree");
	for (int c;
	     (c = usage_option(argc, argv, "+qh", options, usage)) != -1;)
		switch (c) {
		case 'q':
			opts->quiet = true;
			break;
		case 'i':
			opts->insecure = true;
			break;
		case 'r':
			if (render_parse(optarg, &opts->kind) < 0)
				usage_wrong(usage);
			break;
		}
	if (optind != argc)
		usage_wrong(usage);
}

static _Noreturn void
refuse(const char *what, const struct fault *fault)
{
	filter_failx(fault->status, "%s: %s", what, fault->why);
}

/* What came from a URL is found by it; "file://" and "oci:" too. */
static const char *
source_url(const json_t *record)
{
	const char *url = record_string(record, "fetch.url");

	return url != NULL && strchr(url, ':') != NULL ? url : NULL;
}

static int
open_store(void)
{
	int cas = store_open(), status = EX_CANTCREAT;

	if (cas < 0) {
		autofree char *why = store_failure("cas", &status);

		filter_failx(status, "%s", why);
	}
	return cas;
}

/* Nothing came, since nothing has changed. */
static void
confirm(json_t *record, const char *what)
{
	struct fault fault = { 0 };
	autofd int cas = open_store();
	autojson json_t *info = confirm_image(cas, record, &fault);
	const char *key;

	if (info == NULL)
		refuse(what, &fault);
	(void)json_object_set_new(record, "store", image_store(cas, info));
	key = record_string(record, "store.key");
	if (record_get(record, "fetch.maxAge") != NULL)
		news_say(what, key, key);
}

/* An image on its way into the store. */
struct put {
	json_t *record;
	const struct opts *opts;
	const char *what; /* messages call it */
	int cas;
	char key[KEY_TEXT];
	struct intake intake;
	struct compose compose;
	struct image_manifest *manifest;
	bool complete; /* the store has all of it */
	bool missing;  /* the store does not have what it depends on */
	json_t *info;
	struct fault fault;
};

/* The archives, lowest first, become devices; the number of the last. */
static uint32_t
open_archives(struct put *put)
{
	uint32_t device = 0;

	for (size_t i = 0; i < put->intake.count; i++) {
		struct taken *taken = &put->intake.archives[i];

		device =
		    taken->fd < 0
			? compose_blob(&put->compose, taken->name)
			: compose_archive(&put->compose, take_fd(&taken->fd),
			      taken->blob.size, taken->name);
		if (device == 0)
			refuse(put->what, &put->fault);
	}
	return device;
}

/* A converted image's manifest is not in its archives. */
static void
read_manifest(struct put *put, uint32_t device)
{
	struct intake *intake = &put->intake;
	autofree char *why = NULL;

	if (!intake->converted)
		intake->manifest = compose_manifest(
		    &put->compose, device, &intake->manifest_length);
	if (intake->manifest == NULL)
		refuse(put->what, &put->fault);
	put->manifest = image_manifest_parse(
	    intake->manifest, intake->manifest_length, &why);
	if (put->manifest == NULL)
		filter_failx(EX_DATAERR, "%s: manifest: %s", put->what, why);
	if (check_manifest(put->record, put->manifest, &put->fault) < 0)
		refuse(put->what, &put->fault);
}

static void
make_info(struct put *put)
{
	const struct intake *intake = &put->intake;

	put->info = image_load(put->cas, put->key);
	put->complete =
	    put->info != NULL && image_complete(put->cas, put->info);
	if (put->complete)
		return;
	json_decref(put->info);
	put->info = image_info(intake->id, put->manifest, intake->size,
	    check_is_latest(put->record));
	if (intake->converted)
		(void)json_object_set(put->info, "layers",
		    record_get(put->record, "convert.layers"));
	else
		(void)json_object_set_new(
		    put->info, "fetched", json_integer(intake->read));
}

static void
compose(struct put *put, uint32_t device)
{
	struct compose *compose = &put->compose;
	const struct intake *intake = &put->intake;
	int result = 0;

	if (!intake->converted)
		result = compose_image(compose, device, put->key,
		    json_object_get(put->info, "dependencies"),
		    &put->manifest->path_whitelist);
	for (size_t i = 0;
	     intake->converted && result == 0 && i < intake->count; i++)
		result = compose_layer(
		    compose, compose_blob(compose, intake->archives[i].name));
	if (result < 0 || compose_finish(compose) < 0)
		refuse(put->what, &put->fault);
	if (compose->dropped != NULL)
		warnx("%s: extended attribute %s (and such) left out",
		    put->what, compose->dropped);
}

static int
commit(struct put *put)
{
	struct render render = { 0 };
	struct commit commit = {
		.compose = &put->compose,
		.render = put->missing ? NULL : &render,
		.id = put->intake.id,
		.bytes = put->intake.manifest,
		.length = put->intake.manifest_length,
		.manifest = put->manifest,
		.info = put->info,
		.latest = check_is_latest(put->record),
		.url = source_url(put->record),
		.fetch = json_object_get(put->record, "fetch"),
		.verify = json_object_get(put->record, "verify"),
	};
	int result = 0;

	if (put->complete)
		return commit_again(&commit, &put->fault);
	if (!put->missing)
		result = render_make(&render, &put->compose, put->key,
		    put->manifest->dependency_count > 0, put->opts->kind);
	if (result == 0)
		result = commit_image(&commit, &put->fault);
	if (result == 0 && render.left_out > 0)
		warnx("%s: %u devices left out of the tree", put->what,
		    render.left_out);
	if (!put->missing)
		render_free(&render);
	return result;
}

/* From here on nobody takes away what the image needs of the store. */
static void
put_locked(struct put *put, int tmp)
{
	autofd int lock = store_lock(put->cas, STORE_SHARED);
	autojson json_t *missing = NULL;
	uint32_t device;

	if (lock < 0)
		filter_fail(EX_OSERR, "%s/cas", dirs_data());
	compose_start(&put->compose, put->cas, tmp, &put->fault);
	device = open_archives(put);
	read_manifest(put, device);
	make_info(put);
	missing = dependencies_missing(
	    put->cas, json_object_get(put->info, "dependencies"));
	put->missing = json_array_size(missing) > 0;
	if (!put->complete && !put->missing)
		compose(put, device);
	if (commit(put) == 0)
		return;
	(void)close(take_fd(&lock));
	image_take_back(put->cas, put->key, put->info);
	refuse(put->what, &put->fault);
}

static void
put(json_t *record, const struct opts *opts, const char *what)
{
	autofd int cas = open_store();
	autofd int tmp = store_dir(cas, "tmp");
	struct put put = {
		.record = record,
		.opts = opts,
		.what = what,
		.cas = cas,
	};
	char last[KEY_TEXT];

	if (tmp < 0)
		filter_fail(EX_CANTCREAT, "%s/cas", dirs_data());
	if (intake_take(&put.intake, record, tmp, &put.fault) < 0)
		refuse(what, &put.fault);
	store_key(put.intake.id, put.key);
	news_last(cas, source_url(record), last);
	put_locked(&put, tmp);
	(void)json_object_set_new(record, "store", image_store(cas, put.info));
	news_say(what, last, record_string(record, "store.key"));
	compose_stop(&put.compose);
	image_manifest_free(put.manifest);
	intake_free(&put.intake);
	json_decref(put.info);
}

/* What messages call the image, escaped; the caller frees it. */
static char *
title(const json_t *record)
{
	const char *image = record_string(record, "image");

	if (image == NULL)
		image = record_string(record, "fetch.aci");
	return escape(image == NULL ? "image" : image);
}

int
main(int argc, char *argv[])
{
	struct opts opts = { 0 };
	autojson json_t *record = NULL;
	autofree char *what = NULL;
	struct fault fault = { 0 };

	prog_start();
	parse_options(argc, argv, &opts);
	filter_start("store", opts.quiet);
	record = filter_take();
	if (!intake_wanted(record) && !confirm_wanted(record))
		filter_failx(EX_DATAERR,
		    "stdin: the record has neither fetch.aci nor convert");
	what = title(record);
	if (check_verified(record, opts.insecure, &fault) < 0)
		refuse(what, &fault);
	if (confirm_wanted(record))
		confirm(record, what);
	else
		put(record, &opts, what);
	if (opts.quiet)
		(void)puts(record_string(record, "store.key"));
	else
		filter_write(record);
	prog_finish();
	return 0;
}
