/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aci-trust - trust a key for the images below a prefix
 *
 *	aci-trust --prefix PREFIX|--root [--skip-fingerprint-review]
 *	    --records FILE | KEYFILE…
 *
 * Has gpg read each key file in a home of its own, shows every usable key in
 * it, asks, and stores what was answered with yes.  The one tool that prompts.
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actype.h"
#include "alloc.h"
#include "escape.h"
#include "home.h"
#include "keyfiles.h"
#include "keystore.h"
#include "offer.h"
#include "openpgp.h"
#include "path.h"
#include "prog.h"
#include "record.h"
#include "review.h"
#include "scope.h"

static struct {
	const char *prefix;
	const char *records;
	bool root;
	bool skip_review;
} opts;

/* What has become of the keys so far: one trusted is a success. */
struct outcome {
	size_t trusted;
	size_t declined;
};

static void
print_usage(FILE *out)
{
	(void)fprintf(out, "usage: aci-trust --prefix PREFIX | --root "
			   "[--skip-fingerprint-review]\n"
			   "                 --records FILE | KEYFILE...\n");
}

static _Noreturn void
usage(void)
{
	print_usage(stderr);
	exit(EX_USAGE);
}

static void
read_options(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "prefix", required_argument, NULL, 'p' },
		{ "root", no_argument, NULL, 'r' },
		{ "records", required_argument, NULL, 'f' },
		{ "skip-fingerprint-review", no_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};

	for (int c; (c = getopt_long(argc, argv, "+h", options, NULL)) != -1;) {
		if (c == 'p')
			opts.prefix = optarg;
		else if (c == 'r')
			opts.root = true;
		else if (c == 'f')
			opts.records = optarg;
		else if (c == 's')
			opts.skip_review = true;
		else if (c != 'h' && c != 'V')
			usage();
		else {
			if (c == 'h')
				print_usage(stdout);
			else
				(void)printf("aci-trust %s\n", RKT_VERSION);
			prog_finish();
			exit(0);
		}
	}
}

static void
check_prefix(void)
{
	autofree char *shown = escape(opts.prefix);
	const char *why = acidentifier_check(opts.prefix);

	if (strstr(opts.prefix, "://") != NULL)
		errx(EX_USAGE, "prefix \"%s\": omit https://", shown);
	if (why != NULL)
		errx(EX_USAGE, "prefix \"%s\": %s", shown, why);
}

static void
check_options(int operands)
{
	if (opts.prefix != NULL && opts.root)
		errx(EX_USAGE, "--prefix and --root exclude each other");
	if (operands > 0 && opts.records != NULL)
		usage();
	if (operands == 0 && opts.records == NULL)
		usage();
	if (opts.prefix == NULL && !opts.root)
		errx(EX_USAGE, "aborting due to implicit unbounded trust: say "
			       "--prefix \"example.com/foo\" or --root");
}

/* The keys in a file, read strictly before gpg sees them. */
static struct openpgp
read_file(const struct keyfile *file, const char *shown)
{
	size_t length = 0, count = 0;
	autofree char *text =
	    path_read(AT_FDCWD, file->path, OPENPGP_MAX, &length);
	struct openpgp keys;
	const char *why;

	if (text == NULL && errno == EFBIG)
		errx(
		    EX_DATAERR, "%s: longer than %d bytes", shown, OPENPGP_MAX);
	if (text == NULL)
		err(errno == ENOENT ? EX_NOINPUT : EX_IOERR, "%s", shown);
	why = openpgp_keys(text, length, &keys, &count);
	if (why != NULL)
		errx(EX_DATAERR, "%s: %s", shown, why);
	return keys;
}

/* What gpg makes of them; the caller owns it. */
static json_t *
examine(const struct openpgp *keys, const char *shown)
{
	struct home home;
	struct offer offer = { keys, &home };
	autofree char *failed = NULL;
	const char *why = NULL;
	json_t *answer;

	if (home_make(&home, NULL, &failed) < 0) {
		autofree char *where = escape(failed);

		err(EX_CANTCREAT, "%s", where);
	}
	answer = offer_read(&offer, &why);
	home_remove(&home);
	if (answer != NULL)
		why = record_string(answer, "failed");
	if (why != NULL)
		errx(EX_DATAERR, "%s: %s", shown, why);
	return answer;
}

static void
store(const json_t *key)
{
	char *failed = NULL;
	autofree char *path =
	    keystore_add(opts.prefix, record_string(key, "fingerprint"),
		record_string(key, "armour"), &failed);

	if (path == NULL) {
		autofree char *where = escape(failed);

		err(EX_CANTCREAT, "%s", where);
	}
	if (opts.prefix == NULL)
		(void)fprintf(stderr, "Added root key at \"%s\"\n", path);
	else
		(void)fprintf(stderr, "Added key for prefix \"%s\" at \"%s\"\n",
		    opts.prefix, path);
}

static void
decide(const json_t *key, const char *shown, struct outcome *outcome)
{
	const char *state = record_string(key, "state");

	if (strcmp(state, "good") != 0) {
		warnx("%s: key %s is %s, skipped", shown,
		    record_string(key, "fingerprint"), state);
		return;
	}
	review_show(opts.prefix, shown, key);
	if (!opts.skip_review && !review_ask()) {
		(void)fprintf(stderr, "Not trusting \"%s\".\n", shown);
		outcome->declined++;
		return;
	}
	(void)fprintf(stderr, "Trusting \"%s\" for prefix \"%s\".\n", shown,
	    opts.prefix == NULL ? "" : opts.prefix);
	store(key);
	outcome->trusted++;
}

static void
trust_file(const struct keyfile *file, struct outcome *outcome)
{
	autofree char *shown = escape(file->location);
	struct openpgp keys = read_file(file, shown);
	autojson json_t *answer = examine(&keys, shown);
	const json_t *list = json_object_get(answer, "keys");

	for (size_t i = 0; i < json_array_size(list); i++)
		decide(json_array_get(list, i), shown, outcome);
	free(keys.bytes);
}

/* For exit(3): what was downloaded is removed on every way out. */
static struct keyfiles files;

static void
drop(void)
{
	keyfiles_drop(&files);
	keyfiles_free(&files);
}

int
main(int argc, char *argv[])
{
	struct outcome outcome = { 0 };
	autofree char *why = NULL;
	int status;

	prog_start();
	read_options(argc, argv);
	check_options(argc - optind);
	if (atexit(drop) != 0)
		errx(EX_OSERR, "atexit");
	for (int i = optind; i < argc; i++)
		keyfiles_add(&files, argv[i], argv[i]);
	if (opts.records != NULL &&
	    (status = keyfiles_read(&files, opts.records, &why)) != 0) {
		if (why != NULL)
			warnx("%s", why);
		return status;
	}
	/* Not before: whoever failed in the pipe has said why. */
	if (opts.prefix != NULL)
		check_prefix();
	for (size_t i = 0; i < files.count; i++)
		trust_file(&files.list[i], &outcome);
	if (outcome.trusted > 0)
		return 0;
	return outcome.declined > 0 ? EX_NO : EX_DATAERR;
}
