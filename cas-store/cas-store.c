/* SPDX-License-Identifier: Apache-2.0 */
/* cas-store - look into the store of images, and take things out of it
 *
 * cas-store get|ls|cat-manifest|mount|umount|rm|gc …
 *
 * One function for each word.  get stands in scripts and mount before the first
 * pod of an image, so this program is static and reads no more than it need.
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "alloc.h"
#include "dirs.h"
#include "escape.h"
#include "image.h"
#include "lookup.h"
#include "mount.h"
#include "num.h"
#include "path.h"
#include "prog.h"
#include "pull.h"
#include "record.h"
#include "remove.h"
#include "scope.h"
#include "store.h"

static const char usage_text[] =
    "usage: cas-store get [-q] [--pull-policy=POLICY] IMAGE...\n"
    "       cas-store ls [-q | --table [--no-legend] [--full]]\n"
    "       cas-store cat-manifest IMAGE\n"
    "       cas-store mount [--from=DIR] KEY\n"
    "       cas-store umount KEY...\n"
    "       cas-store rm IMAGE...\n"
    "       cas-store gc [--grace-period=24h]\n"
    "       cas-store urls\n"
    "\n"
    "  -q, --quiet              print keys only\n"
    "      --pull-policy=POLICY new, never or update: 66 if by that the\n"
    "                           image is to be asked for\n"
    "      --table              for people, not as records\n"
    "      --no-legend          without the line of headings\n"
    "      --full               keys and sizes in full\n"
    "      --from=DIR           where the index and its archives are: a\n"
    "                           pod's directory\n"
    "      --grace-period=DUR   leave alone what is younger\n"
    "  -h, --help\n"
    "      --version\n";

/* "sha512-" and 12 digits, for people. */
enum { SHORT_KEY = 7 + 12 };

/* A day: longer than any download that is still going on. */
#define GRACE INT64_C(86400000000000)

struct opts {
	bool quiet;
	bool table;
	bool no_legend;
	bool full;
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

static _Noreturn void
usage(int status)
{
	(void)fputs(usage_text, status == 0 ? stdout : stderr);
	if (status == 0)
		prog_finish();
	exit(status);
}

static void
print_line(const json_t *record)
{
	autofree char *line = record_line(record);

	(void)puts(line);
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
		print_line(record);
	}
	free(keys);
	return status;
}

static const char *
version_of(const json_t *info)
{
	return record_string(info, "labels.version");
}

static char *
full_name(const json_t *info)
{
	const char *version = version_of(info);

	return version == NULL
		   ? xstrdup(record_string(info, "name"))
		   : xasprintf("%s:%s", record_string(info, "name"), version);
}

/* One line of the table; its columns are those of "rkt image list". */
static void
print_row(const char *key, const json_t *info, const struct opts *opts)
{
	autofree char *name = full_name(info);
	autofree char *shown = escape(name);
	int64_t size = record_number(info, "size", 0);
	time_t imported =
	    (time_t)(record_number(info, "imported", 0) / 1000000000);
	char when[64] = "-";
	struct tm local;

	if (localtime_r(&imported, &local) != NULL)
		(void)strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &local);
	(void)printf(
	    "%.*s  %-31s  ", opts->full ? KEY_TEXT : SHORT_KEY, key, shown);
	if (opts->full)
		(void)printf("%11" PRId64, size);
	else
		(void)printf("%8" PRId64 "KiB", (size + 1023) / 1024);
	(void)printf("  %-19s  -\n", when);
}

static int
list_one(int cas, const char *key, void *data)
{
	const struct opts *opts = data;
	autojson json_t *info = NULL;
	autojson json_t *record = NULL;
	autofree char *name = NULL;

	if (opts->quiet) {
		(void)puts(key);
		return 0;
	}
	info = image_load(cas, key);
	if (info == NULL) {
		/* Removed meanwhile is fine. */
		if (errno != ENOENT)
			warnx("%s: damaged, skipped", key);
		return 0;
	}
	if (opts->table) {
		print_row(key, info, opts);
		return 0;
	}
	name = full_name(info);
	record = image_record(cas, info, name);
	(void)json_object_set(record, "size", json_object_get(info, "size"));
	(void)json_object_set(
	    record, "imported", json_object_get(info, "imported"));
	(void)json_object_set_new(record, "latest",
	    json_boolean(record_number(info, "latest", 0) != 0));
	print_line(record);
	return 0;
}

static int
run_ls(char **arguments, size_t count, const struct opts *opts)
{
	autofd int cas = lookup_store();
	struct opts copy = *opts;

	(void)arguments;
	(void)count;
	if (opts->table && !opts->no_legend)
		(void)printf("%-*s  %-31s  %11s  %-19s  %s\n",
		    opts->full ? KEY_TEXT - 1 : SHORT_KEY, "ID", "NAME", "SIZE",
		    "IMPORT TIME", "LAST USED");
	if (image_each(cas, list_one, &copy) < 0)
		err(EX_IOERR, "%s/cas/image", dirs_data());
	return 0;
}

static int
run_cat_manifest(char **arguments, size_t count, const struct opts *opts)
{
	autofd int cas = lookup_store();
	autofree char *path = NULL;
	autofree char *bytes = NULL;
	char key[KEY_TEXT];
	size_t length = 0;

	(void)count;
	(void)opts;
	if (!lookup_image(cas, arguments[0], key))
		return EX_NO;
	path = xasprintf("image/%s/manifest", key);
	bytes = path_read(cas, path, MANIFEST_MAX, &length);
	if (bytes == NULL)
		err(EX_IOERR, "%s", path);
	(void)fwrite(bytes, 1, length, stdout);
	return 0;
}

static void
check_key(const char *text)
{
	autofree char *shown = escape(text);

	if (!store_is_key(text))
		errx(EX_USAGE, "%s: not an image's key", shown);
}

/* A pod's own links to an index and its archives: KEY.index, KEY.0, … */
static char *
mount_from(const char *key, const char *from)
{
	autofd int dir = open(from, O_PATH | O_DIRECTORY | O_CLOEXEC);
	autofree char *index = xasprintf("%s.index", key);
	struct strings devices = { 0 };
	char *path;

	if (dir < 0)
		err(errno == ENOENT ? EX_NOINPUT : EX_IOERR, "%s", from);
	for (;;) {
		autofree char *name = xasprintf("%s.%zu", key, devices.count);

		if (faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			break;
		strings_add(&devices, name);
	}
	path = mount_shared(dir, key, index, devices.list, devices.count);
	strings_free(&devices);
	return path;
}

/* The root file system of an image of the store. */
static char *
mount_stored(const char *key)
{
	autofd int cas = lookup_store();
	autojson json_t *info = lookup_info(cas, key);
	const json_t *list = record_get(info, "root.devices");
	const char *root = record_string(info, "root.path");
	struct strings devices = { 0 };
	const json_t *device;
	char *path;
	size_t i;

	if (root == NULL)
		errx(EX_NOINPUT, "%s: not rendered yet", key);
	if (image_is_tree(info))
		return store_absolute(root);
	json_array_foreach(list, i, device)
	{
		if (json_is_string(device))
			strings_add(&devices, json_string_value(device));
	}
	path = mount_shared(cas, key, root, devices.list, devices.count);
	strings_free(&devices);
	return path;
}

static int
run_mount(char **arguments, size_t count, const struct opts *opts)
{
	const char *key = arguments[0];
	autofree char *path = NULL;
	autofree char *marker = NULL;
	autofree char *tree = NULL;

	(void)count;
	check_key(key);
	if (opts->from != NULL)
		marker = xasprintf("%s/%s.tree", opts->from, key);
	if (marker != NULL && access(marker, F_OK) == 0) {
		tree = xasprintf("tree/%s/rootfs", key);
		path = store_absolute(tree);
	} else if (opts->from != NULL) {
		path = mount_from(key, opts->from);
	} else {
		path = mount_stored(key);
	}
	if (path == NULL)
		err(errno == ENOENT ? EX_NOINPUT : EX_OSERR, "%s: mount", key);
	(void)puts(path);
	return 0;
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
		if (image_remove(cas, key, &fault) < 0)
			errx(fault.status, "%s", fault.why);
		(void)puts(key);
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

static const struct verb verbs[] = {
	{ "get", "qp", run_get, 1, SIZE_MAX },
	{ "ls", "qtnF", run_ls, 0, 0 },
	{ "cat-manifest", "", run_cat_manifest, 1, 1 },
	{ "mount", "f", run_mount, 1, 1 },
	{ "umount", "", run_umount, 1, SIZE_MAX },
	{ "rm", "", run_rm, 1, SIZE_MAX },
	{ "gc", "g", run_gc, 0, 0 },
	{ "urls", "", run_urls, 0, 0 },
};

static const struct verb *
find_verb(const char *name)
{
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	usage(EX_USAGE);
}

static void
set_option(int c, struct opts *opts)
{
	static enum pull policy;

	switch (c) {
	case 'q':
		opts->quiet = true;
		break;
	case 't':
		opts->table = true;
		break;
	case 'n':
		opts->no_legend = true;
		break;
	case 'F':
		opts->full = true;
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
	case 'v':
		(void)puts("cas-store " RKT_VERSION);
		prog_finish();
		exit(0);
	default:
		usage(c == 'h' ? 0 : EX_USAGE);
	}
}

/* The options at argv's beginning, if they are among those allowed. */
static void
parse_options(int argc, char *argv[], const char *allowed, struct opts *opts)
{
	static const struct option options[] = {
		{ "quiet", no_argument, NULL, 'q' },
		{ "pull-policy", required_argument, NULL, 'p' },
		{ "table", no_argument, NULL, 't' },
		{ "no-legend", no_argument, NULL, 'n' },
		{ "full", no_argument, NULL, 'F' },
		{ "from", required_argument, NULL, 'f' },
		{ "grace-period", required_argument, NULL, 'g' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};

	for (int c;
	     (c = getopt_long(argc, argv, "+qh", options, NULL)) != -1;) {
		if (strchr("qptnFfg", c) != NULL && strchr(allowed, c) == NULL)
			usage(EX_USAGE);
		set_option(c, opts);
	}
}

int
main(int argc, char *argv[])
{
	struct opts opts = { .grace = GRACE };
	const struct verb *verb;
	size_t count;
	int status;

	prog_start();
	parse_options(argc, argv, "", &opts);
	if (optind == argc)
		usage(EX_USAGE);
	verb = find_verb(argv[optind]);
	argc -= optind;
	argv += optind;
	optind = 0;
	parse_options(argc, argv, verb->options, &opts);
	count = (size_t)(argc - optind);
	if (count < verb->least || count > verb->most)
		usage(EX_USAGE);
	status = verb->run(argv + optind, count, &opts);
	prog_finish();
	return status;
}
