/* SPDX-License-Identifier: Apache-2.0 */
/* cas-put - store an image that was fetched and verified
 *
 * cas-put [-q] [--insecure] [--render=KIND] < record
 *
 * Reads the file once: inflates, hashes and writes it; compares its digest
 * with the one that was verified; reads the tar's entries and the manifest;
 * compares that with what was asked for; makes the index; names it all.  Only
 * the last rename makes it an image.
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "aci.h"
#include "alloc.h"
#include "blob.h"
#include "checks.h"
#include "commit.h"
#include "confirm.h"
#include "dirs.h"
#include "escape.h"
#include "filter.h"
#include "image.h"
#include "news.h"
#include "prog.h"
#include "publish.h"
#include "record.h"
#include "scope.h"
#include "store.h"

static const char usage_text[] =
    "usage: cas-put [-q] [--insecure] [--render=auto|erofs|tree] < record\n"
    "\n"
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
	enum render render;
};

static int
parse_render(const char *text, enum render *render)
{
	static const char *const names[] = {
		[RENDER_AUTO] = "auto",
		[RENDER_EROFS] = "erofs",
		[RENDER_TREE] = "tree",
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (strcmp(text, names[i]) != 0)
			continue;
		*render = (enum render)i;
		return 0;
	}
	return -1;
}

static _Noreturn void
usage(int status)
{
	(void)fputs(usage_text, status == 0 ? stdout : stderr);
	if (status == 0)
		prog_finish();
	exit(status);
}

static void
parse_options(int argc, char *argv[], struct opts *opts)
{
	static const struct option options[] = {
		{ "quiet", no_argument, NULL, 'q' },
		{ "insecure", no_argument, NULL, 'i' },
		{ "render", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	const char *kind = getenv("RKT_STORE_KIND");

	if (kind != NULL && *kind != '\0' &&
	    parse_render(kind, &opts->render) < 0)
		errx(EX_CONFIG, "RKT_STORE_KIND: not auto, erofs or tree");
	for (int c; (c = getopt_long(argc, argv, "+qh", options, NULL)) != -1;)
		switch (c) {
		case 'q':
			opts->quiet = true;
			break;
		case 'i':
			opts->insecure = true;
			break;
		case 'r':
			if (parse_render(optarg, &opts->render) < 0)
				usage(EX_USAGE);
			break;
		case 'v':
			(void)puts("cas-put " RKT_VERSION);
			prog_finish();
			exit(0);
		default:
			usage(c == 'h' ? 0 : EX_USAGE);
		}
	if (optind != argc)
		usage(EX_USAGE);
}

/* The pipe's own, in the store's tmp; others are the caller's. */
static void
remove_file(const char *path)
{
	if (path != NULL && dirs_in_tmp(path))
		(void)unlink(path);
}

/* The image, which no longer has its name then if it is the pipe's own. */
static int
open_file(const json_t *record)
{
	const char *path = record_string(record, "fetch.aci");
	autofree char *shown = escape(path);
	/* O_NONBLOCK: it may be a fifo, which must not hold us up. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;

	if (fd < 0)
		filter_fail(
		    errno == ENOENT ? EX_NOINPUT : EX_IOERR, "%s", shown);
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
		filter_failx(EX_DATAERR, "%s: not a regular file", shown);
	/* Now: whoever kills us later leaves nothing. */
	remove_file(path);
	remove_file(record_string(record, "fetch.asc"));
	return fd;
}

static _Noreturn void
refuse(const char *what, const struct fault *fault)
{
	filter_failx(fault->status, "%s: %s", what, fault->why);
}

/* The paths that the manifest lists, and nothing else, if it lists any. */
static void
apply_whitelist(struct tree *tree, const struct strings *list)
{
	if (list->count == 0)
		return;
	for (size_t i = 0; i < list->count; i++) {
		autofree char *path = xstrdup(list->list[i]);
		size_t length = strlen(path);

		while (length > 0 && path[length - 1] == '/')
			path[--length] = '\0';
		tree_keep(tree, path + strspn(path, "/"));
	}
	tree_prune(tree);
}

/*
 * The directories that every pod mounts something on, where the image has
 * nothing: made here once, and not in the upper layer at each start.
 */
static void
add_places(struct tree *tree)
{
	static const char *const places[] = { "dev", "proc", "sys" };

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		struct inode *inode = NULL;

		if (tree_find(tree, places[i]) != NULL)
			continue;
		inode = tree_inode(tree, S_IFDIR | 0755);
		/* A full tree, or a root that takes none: at the start. */
		if (inode != NULL)
			(void)tree_add(tree, places[i], inode);
	}
}

static struct image_manifest *
parse_manifest(const struct aci *aci, const char *what)
{
	autofree char *why = NULL;
	struct image_manifest *manifest =
	    image_manifest_parse(aci->manifest, aci->manifest_length, &why);

	if (manifest == NULL)
		filter_failx(EX_DATAERR, "%s: manifest: %s", what, why);
	return manifest;
}

/* What came from a URL is found by it; "file://" too. */
static const char *
source_url(const json_t *record)
{
	const char *url = record_string(record, "fetch.url");

	return url != NULL && strstr(url, "://") != NULL ? url : NULL;
}

static int
open_store(void)
{
	int cas = store_open();

	if (cas < 0 && errno == EBADMSG)
		filter_failx(EX_CONFIG,
		    "%s: the store of another rkt, left alone", dirs_data());
	if (cas < 0)
		filter_fail(EX_CANTCREAT, "%s/cas", dirs_data());
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

static void
put(json_t *record, const struct opts *opts, const char *what)
{
	struct fault fault = { 0 };
	struct blob blob = { 0 };
	struct aci aci = { 0 };
	const char *url = source_url(record);
	autofd int file = open_file(record);
	autofd int cas = open_store();
	autofd int tmp = store_dir(cas, "tmp");
	autofd int to = tmp < 0 ? -1 : publish_open(tmp, 0444);
	autojson json_t *info = NULL;
	struct image_manifest *manifest;
	struct commit commit;
	char last[KEY_TEXT];

	if (to < 0)
		filter_fail(EX_CANTCREAT, "%s/cas", dirs_data());
	if (blob_copy(file, to, &blob, &fault) < 0 ||
	    check_digests(record, &blob, &fault) < 0 ||
	    aci_read(to, blob.size, &aci, &fault) < 0)
		refuse(what, &fault);
	manifest = parse_manifest(&aci, what);
	if (check_manifest(record, manifest, &fault) < 0)
		refuse(what, &fault);
	if (manifest->dependency_count > 0)
		filter_failx(EX_DATAERR,
		    "%s: images with dependencies are not supported yet", what);
	if (aci.dropped != NULL)
		warnx("%s: extended attribute %s (and such) left out", what,
		    aci.dropped);
	apply_whitelist(aci.tree, &manifest->path_whitelist);
	add_places(aci.tree);
	tree_finish(aci.tree);
	commit = (struct commit){
		.cas = cas,
		.blobfd = to,
		.blob = &blob,
		.aci = &aci,
		.manifest = manifest,
		.render = opts->render,
		.latest = check_is_latest(record),
		.url = url,
		.fetch = json_object_get(record, "fetch"),
		.verify = json_object_get(record, "verify"),
	};
	news_last(cas, url, last);
	info = commit_image(&commit, &fault);
	if (info == NULL)
		refuse(what, &fault);
	if (commit.left_out > 0)
		warnx("%s: %u devices left out of the tree", what,
		    commit.left_out);
	(void)json_object_set_new(record, "store", image_store(cas, info));
	news_say(what, last, record_string(record, "store.key"));
	image_manifest_free(manifest);
	aci_free(&aci);
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
	record = filter_read();
	filter_own_fetched(record);
	if (record_string(record, "fetch.aci") == NULL &&
	    !confirm_wanted(record))
		filter_failx(EX_DATAERR, "stdin: the record has no fetch.aci");
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
