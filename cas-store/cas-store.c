/* SPDX-License-Identifier: Apache-2.0 */
/* cas-store - look into the store of images, and take things out of it
 *
 * cas-store get|ls|cat|render|mount|umount|rm|gc …
 *
 * One function for each word.  get stands in scripts and mount before the first
 * pod of an image, so this program is static and reads no more than it need.
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "alloc.h"
#include "cat.h"
#include "dirs.h"
#include "du.h"
#include "escape.h"
#include "image.h"
#include "import.h"
#include "list.h"
#include "lookup.h"
#include "mount.h"
#include "num.h"
#include "path.h"
#include "prog.h"
#include "pull.h"
#include "record.h"
#include "remove.h"
#include "render.h"
#include "root.h"
#include "scope.h"
#include "store.h"
#include "stored.h"
#include "usage.h"

static const char usage[] =
    "usage: cas-store get [-q | --missing] [--pull-policy=POLICY] IMAGE...\n"
    "       cas-store ls [-q | --table | --format=json|json-pretty]\n"
    "                    [--fields=LIST] [--full] [--no-legend]\n"
    "                    [--sort=FIELD] [--order=asc|desc]\n"
    "                    [--unused=DUR]\n"
    "       cas-store du\n"
    "       cas-store cat|cat-manifest [--pretty-print] IMAGE\n"
    "       cas-store render [-q] [--render=KIND] IMAGE...\n"
    "       cas-store mount [--from=DIR] KEY\n"
    "       cas-store umount KEY...\n"
    "       cas-store rm IMAGE...\n"
    "       cas-store gc [--grace-period=24h]\n"
    "       cas-store check [-q] [--report] [IMAGE...]\n"
    "       cas-store import [-q] [--insecure] FILE\n"
    "       cas-store export [OPTION...] IMAGE FILE|DIR\n"
    "       cas-store urls\n\n"
    "  -q, --quiet              print keys only\n"
    "      --missing            print what is to be fetched besides\n"
    "      --pull-policy=POLICY new, never or update: 66 if by that the\n"
    "                           image is to be asked for\n"
    "      --table              for people, not as records\n"
    "      --no-legend          without the line of headings\n"
    "      --full               keys and sizes in full\n"
    "      --render=KIND        auto, erofs or tree, as cas-put has it\n"
    "      --insecure           take an image that was not verified\n"
    "      --from=DIR           where the index and its archives are: a\n"
    "                           pod's directory\n"
    "      --grace-period=DUR   leave alone what is younger\n"
    "  -h, --help\n"
    "      --version\n";

/* A day: longer than any download that is still going on. */
#define GRACE INT64_C(86400000000000)

struct opts {
	bool quiet;
	bool missing;
	bool insecure;
	bool pretty;
	struct list list;
	enum render_kind render;
	const char *from;
	const enum pull *policy; /* NULL: only look */
	int64_t grace;
};

struct verb {
	const char *name;
	const char *options; /* of long_options, those that it knows */
	int (*run)(char **arguments, size_t count, const struct opts *opts);
	size_t least, most; /* arguments */
};

static void
print_line(const json_t *record)
{
	autofree char *line = record_line(record);

	(void)puts(line);
}

static void
print_list(const json_t *list)
{
	const json_t *text;
	size_t i;

	json_array_foreach(list, i, text)
	{
		(void)puts(json_string_value(text));
	}
}

/* All are found before one is printed. */
static int
run_get(char **arguments, size_t count, const struct opts *opts)
{
	autofd int cas = lookup_store();
	char(*keys)[KEY_TEXT] = xcalloc(count, sizeof *keys);
	int status = 0;

	for (size_t i = 0; i < count; i++) {
		bool ask;

		if (lookup_by(opts->policy, cas, arguments[i], keys[i], &ask) ==
		    0)
			status = ask && status != EX_NO ? EX_NOINPUT : EX_NO;
	}
	for (size_t i = 0; status == 0 && i < count; i++) {
		autojson json_t *info = NULL;
		autojson json_t *record = NULL;

		if (opts->quiet) {
			(void)puts(keys[i]);
			continue;
		}
		info = lookup_info(cas, keys[i]);
		record = image_record(cas, info, arguments[i]);
		if (opts->missing)
			print_list(record_get(record, "store.missing"));
		else
			print_line(record);
	}
	free(keys);
	return status;
}

static int
run_ls(char **arguments, size_t count, const struct opts *opts)
{
	autofd int cas = lookup_store();

	(void)arguments;
	(void)count;
	if (list_images(cas, &opts->list) < 0)
		err(EX_IOERR, "%s/cas/image", dirs_data());
	return 0;
}

static int
run_du(char **arguments, size_t count, const struct opts *opts)
{
	autofd int cas = lookup_store();

	(void)arguments;
	(void)count;
	(void)opts;
	if (du_print(cas) < 0)
		err(EX_IOERR, "%s/cas", dirs_data());
	return 0;
}

static int
run_cat_manifest(char **arguments, size_t count, const struct opts *opts)
{
	autofd int cas = lookup_store();
	char key[KEY_TEXT];

	(void)count;
	if (!lookup_image(cas, arguments[0], key))
		return EX_NO;
	if (cat_manifest(cas, key, opts->pretty) < 0)
		err(EX_IOERR, "image/%s/manifest", key);
	return 0;
}

static void
check_key(const char *text)
{
	autofree char *shown = escape(text);

	if (!store_is_key(text))
		errx(EX_USAGE, "%s: not an image's key", shown);
}

static int
run_mount(char **arguments, size_t count, const struct opts *opts)
{
	const char *key = arguments[0];
	autofd int cas = -1;
	autojson json_t *info = NULL;
	autofree char *path = NULL;

	(void)count;
	check_key(key);
	if (opts->from != NULL) {
		path = root_of_pod(opts->from, key);
	} else {
		cas = lookup_store();
		info = lookup_info(cas, key);
		path = root_of_image(cas, key, info);
	}
	if (path == NULL)
		err(errno == ENOENT ? EX_NOINPUT : EX_OSERR, "%s: mount", key);
	(void)puts(path);
	return 0;
}

/* Each by itself: what could be made stays. */
static int
run_render(char **arguments, size_t count, const struct opts *opts)
{
	autofd int cas = lookup_store();
	int status = 0;

	for (size_t i = 0; i < count; i++) {
		autofree char *shown = escape(arguments[i]);
		autojson json_t *record = NULL;
		struct fault fault = { 0 };
		char key[KEY_TEXT];

		if (!lookup_image(cas, arguments[i], key)) {
			status = EX_NO;
			continue;
		}
		record =
		    stored_render(cas, key, arguments[i], opts->render, &fault);
		if (record == NULL)
			errx(fault.status, "%s: %s", shown, fault.why);
		if (opts->quiet)
			(void)puts(key);
		else
			print_line(record);
	}
	return status;
}

static int
run_umount(char **arguments, size_t count, const struct opts *opts)
{
	int status = 0;

	(void)opts;
	for (size_t i = 0; i < count; i++)
		check_key(arguments[i]);
	for (size_t i = 0; i < count; i++) {
		if (mount_remove(arguments[i]) == 0)
			continue;
		warn("%s: umount", arguments[i]);
		status = errno == EBUSY ? EX_TEMPFAIL : EX_OSERR;
	}
	return status;
}

static int
run_rm(char **arguments, size_t count, const struct opts *opts)
{
	autofd int cas = lookup_store();
	int status = 0;

	(void)opts;
	for (size_t i = 0; i < count; i++) {
		struct fault fault = { 0 };
		char key[KEY_TEXT];

		if (!lookup_image(cas, arguments[i], key)) {
			status = EX_NO;
			continue;
		}
		if (image_remove(cas, key, &fault) == 0) {
			(void)puts(key);
			continue;
		}
		if (fault.status != EX_NO)
			errx(fault.status, "%s", fault.why);
		warnx("%s", fault.why);
		free(fault.why);
		status = EX_NO;
	}
	return status;
}

static int
run_gc(char **arguments, size_t count, const struct opts *opts)
{
	autofd int cas = lookup_store();
	struct fault fault = { 0 };

	(void)arguments;
	(void)count;
	if (store_clean(cas, opts->grace, &fault) < 0)
		errx(fault.status, "%s", fault.why);
	return 0;
}

/* For a shell, which opens it for all of a pipe (rkt-store(5), "Locks"). */
static int
run_urls(char **arguments, size_t count, const struct opts *opts)
{
	autofree char *path = store_url_locks_path();
	autofd int fd = store_url_locks();

	(void)arguments;
	(void)count;
	(void)opts;
	if (fd < 0)
		err(EX_CANTCREAT, "%s", path);
	(void)puts(path);
	return 0;
}

static int
run_import(char **arguments, size_t count, const struct opts *opts)
{
	(void)count;
	import_file(arguments[0], opts->insecure, opts->quiet);
}

static const struct verb verbs[] = {
	{ "get", "qmp", run_get, 1, SIZE_MAX },
	{ "ls", "qtnFisoju", run_ls, 0, 0 },
	{ "du", "", run_du, 0, 0 },
	{ "cat", "P", run_cat_manifest, 1, 1 },
	{ "cat-manifest", "P", run_cat_manifest, 1, 1 },
	{ "render", "qr", run_render, 1, SIZE_MAX },
	{ "mount", "f", run_mount, 1, 1 },
	{ "umount", "", run_umount, 1, SIZE_MAX },
	{ "rm", "", run_rm, 1, SIZE_MAX },
	{ "gc", "g", run_gc, 0, 0 },
	{ "import", "qI", run_import, 1, 1 },
	{ "urls", "", run_urls, 0, 0 },
};

/* Hashing and packing would make this program slow to start. */
static void
become_another(char *argv[])
{
	static const char *const others[][2] = { { "check", "cas-check" },
		{ "export", "aci-export" } };

	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (strcmp(argv[0], others[i][0]) == 0) {
			argv[0] = xstrdup(others[i][1]);
			prog_chain(argv);
		}
}

static const struct verb *
find_verb(const char *name)
{
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	usage_wrong(usage);
}

static void
set_option(int c, struct opts *opts)
{
	static enum pull policy;
	const char *why;

	switch (c) {
	case 'q':
		opts->quiet = true;
		opts->list.form = LIST_KEYS;
		break;
	case 'm':
		opts->missing = true;
		break;
	case 'r':
		if (render_parse(optarg, &opts->render) < 0)
			errx(EX_USAGE, "--render: not auto, erofs or tree");
		break;
	case 'P':
		opts->pretty = optarg == NULL || strcmp(optarg, "true") == 0;
		break;
	case 'I':
		opts->insecure = true;
		break;
	case 'f':
		opts->from = optarg;
		break;
	case 'p':
		if (pull_parse(optarg, &policy) < 0)
			errx(EX_USAGE, "--pull-policy: is none of new, never "
				       "and update");
		opts->policy = &policy;
		break;
	case 'g':
		if (duration_parse(optarg, &opts->grace) < 0)
			errx(EX_USAGE, "--grace-period: not a duration");
		break;
	case 't':
	case 'n':
	case 'F':
	case 'i':
	case 's':
	case 'o':
	case 'j':
	case 'u':
		why = list_option(&opts->list, c, optarg);
		if (why != NULL)
			errx(EX_USAGE, "%s", why);
		break;
	}
}

/* The options at argv's beginning, if they are among those allowed. */
static void
parse_options(int argc, char *argv[], const char *allowed, struct opts *opts)
{
	static const struct option options[] = {
		{ "quiet", no_argument, NULL, 'q' },
		{ "missing", no_argument, NULL, 'm' },
		{ "pull-policy", required_argument, NULL, 'p' },
		{ "table", no_argument, NULL, 't' },
		{ "no-legend", no_argument, NULL, 'n' },
		{ "full", no_argument, NULL, 'F' },
		{ "fields", required_argument, NULL, 'i' },
		{ "sort", required_argument, NULL, 's' },
		{ "order", required_argument, NULL, 'o' },
		{ "format", required_argument, NULL, 'j' },
		{ "unused", required_argument, NULL, 'u' },
		{ "pretty-print", optional_argument, NULL, 'P' },
		{ "insecure", no_argument, NULL, 'I' },
		{ "render", required_argument, NULL, 'r' },
		{ "from", required_argument, NULL, 'f' },
		{ "grace-period", required_argument, NULL, 'g' },
		USAGE_OPTIONS,
	};

	for (int c;
	     (c = usage_option(argc, argv, "+qh", options, usage)) != -1;) {
		if (strchr(allowed, c) == NULL)
			usage_wrong(usage);
		set_option(c, opts);
	}
}

int
main(int argc, char *argv[])
{
	struct opts opts = {
		.grace = GRACE,
		.list = { .legend = true,
		    .fields = list_all_fields,
		    .sort = "importtime" },
	};
	const struct verb *verb;
	size_t count;
	int status;

	prog_start();
	if (render_parse_default(&opts.render) < 0)
		errx(EX_CONFIG, "RKT_STORE_KIND: not auto, erofs or tree");
	parse_options(argc, argv, "", &opts);
	if (optind == argc)
		usage_wrong(usage);
	become_another(argv + optind);
	verb = find_verb(argv[optind]);
	argc -= optind;
	argv += optind;
	optind = 0;
	parse_options(argc, argv, verb->options, &opts);
	count = (size_t)(argc - optind);
	if (count < verb->least || count > verb->most)
		usage_wrong(usage);
	status = verb->run(argv + optind, count, &opts);
	prog_finish();
	return status;
}
