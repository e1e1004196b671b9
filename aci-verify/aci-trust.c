/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aci-trust - which keys are trusted for the images below a prefix
 *
 *	aci-trust --prefix PREFIX|--root [OPTION…] --records FILE|KEYFILE…
 *	aci-trust --list [--prefix PREFIX|--root] [OPTION…]
 *	aci-trust --remove FINGERPRINT [--prefix PREFIX|--root]
 *	aci-trust --trusted NAME
 *
 * Has gpg read each key file in a home of its own, shows every usable key in
 * it, asks, and stores what was answered with yes.  The one tool that prompts.
 * Lists what is stored, and removes it.
 */

#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adoption.h"
#include "alloc.h"
#include "escape.h"
#include "inventory.h"
#include "keyfiles.h"
#include "keystore.h"
#include "prog.h"
#include "record.h"
#include "removal.h"
#include "scope.h"
#include "usage.h"

static struct {
	enum { ADD, LIST, REMOVE, ASK } mode;
	const char *prefix; /* "": every name */
	const char *name;   /* to ASK about */
	const char *records;
	const char *format;
	char *fingerprint;
	bool skip_review;
	bool no_legend;
} opts = { .format = "table" };

static const char usage[] =
    "usage: aci-trust --prefix PREFIX | --root [OPTION...] --records FILE | "
    "KEYFILE...\n"
    "       aci-trust --list [--format=table|json|json-pretty] [--no-legend] "
    "[--prefix PREFIX | --root]\n"
    "       aci-trust --remove FINGERPRINT [--prefix PREFIX | --root]\n"
    "       aci-trust --trusted NAME\n\n"
    "      --prefix PREFIX            for images of this name and below\n"
    "      --root                     for images of every name\n"
    "      --fingerprint FINGERPRINT  take this key only, and do not ask\n"
    "      --skip-fingerprint-review  do not ask\n"
    "      --records FILE             the keys of the records in it\n"
    "  -h, --help\n"
    "      --version\n";

static void
set_mode(int mode)
{
	if (opts.mode != ADD)
		usage_wrong(usage);
	opts.mode = mode;
}

static void
set_prefix(const char *prefix)
{
	if (opts.prefix != NULL)
		errx(EX_USAGE, "--prefix and --root exclude each other");
	opts.prefix = prefix;
}

/* All of it, as people write it down: with blanks, in capitals. */
static void
set_fingerprint(const char *text)
{
	char *to;

	opts.fingerprint = xstrdup(text);
	to = opts.fingerprint;
	for (const char *from = text; *from != '\0'; from++)
		if (*from >= 'A' && *from <= 'F')
			*to++ = (char)(*from - 'A' + 'a');
		else if (*from != ' ')
			*to++ = *from;
	*to = '\0';
	if (!keystore_is_fingerprint(opts.fingerprint)) {
		autofree char *shown = escape(text);

		errx(EX_USAGE,
		    "fingerprint \"%s\": not 40 or 64 hexadecimal digits",
		    shown);
	}
}

static void
set_option(int option, const char *value)
{
	switch (option) {
	case 'p':
		/* A variable that was never set must not trust for all. */
		if (*value == '\0')
			errx(EX_USAGE, "prefix \"\": is empty");
		set_prefix(value);
		break;
	case 'r':
		set_prefix("");
		break;
	case 'f':
		opts.records = value;
		break;
	case 'F':
		set_fingerprint(value);
		break;
	case 's':
		opts.skip_review = true;
		break;
	case 'l':
		set_mode(LIST);
		break;
	case 'o':
		opts.format = value;
		break;
	case 'n':
		opts.no_legend = true;
		break;
	case 'R':
		set_mode(REMOVE);
		set_fingerprint(value);
		break;
	case 't':
		set_mode(ASK);
		opts.name = value;
		break;
	}
}

static void
read_options(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "prefix", required_argument, NULL, 'p' },
		{ "root", no_argument, NULL, 'r' },
		{ "records", required_argument, NULL, 'f' },
		{ "fingerprint", required_argument, NULL, 'F' },
		{ "skip-fingerprint-review", no_argument, NULL, 's' },
		{ "list", no_argument, NULL, 'l' },
		{ "format", required_argument, NULL, 'o' },
		{ "no-legend", no_argument, NULL, 'n' },
		{ "remove", required_argument, NULL, 'R' },
		{ "trusted", required_argument, NULL, 't' },
		USAGE_OPTIONS,
	};

	for (int c; (c = usage_option(argc, argv, "+h", options, usage)) != -1;)
		set_option(c, optarg);
}

static void
check_prefix(const char *prefix)
{
	autofree char *shown = escape(prefix);
	const char *why = prefix_check(prefix);

	if (strstr(prefix, "://") != NULL)
		errx(EX_USAGE, "prefix \"%s\": omit https://", shown);
	if (why != NULL)
		errx(EX_USAGE, "prefix \"%s\": %s", shown, why);
}

static void
check_add(int operands)
{
	if ((operands > 0) == (opts.records != NULL))
		usage_wrong(usage);
	if (opts.prefix == NULL)
		errx(EX_USAGE,
		    "aborting due to implicit unbounded trust (root domain): "
		    "say --prefix \"example.com/foo\" or --root");
}

/* For exit(3): what was downloaded is removed on every way out. */
static struct keyfiles files;

static void
drop(void)
{
	keyfiles_drop(&files);
	keyfiles_free(&files);
}

static int
add(char *operands[], int count)
{
	const struct adoption adoption = { opts.prefix, opts.fingerprint,
		!opts.skip_review && opts.fingerprint == NULL };
	autofree char *why = NULL;
	int status;

	if (atexit(drop) != 0)
		errx(EX_OSERR, "atexit");
	for (int i = 0; i < count; i++)
		keyfiles_add(&files, operands[i], operands[i]);
	if (opts.records != NULL &&
	    (status = keyfiles_read(&files, opts.records, &why)) != 0) {
		if (why != NULL)
			warnx("%s", why);
		return status;
	}
	/* Not before: whoever failed in the pipe has said why. */
	if (*opts.prefix != '\0')
		check_prefix(opts.prefix);
	return adoption_run(&adoption, &files);
}

static int
list(void)
{
	autojson json_t *inventory = inventory_read(opts.prefix);

	if (strcmp(opts.format, "table") == 0) {
		inventory_print(inventory, !opts.no_legend);
	} else {
		bool pretty = strcmp(opts.format, "json-pretty") == 0;

		(void)json_dumpf(
		    inventory, stdout, pretty ? JSON_INDENT(2) : JSON_COMPACT);
		(void)putchar('\n');
	}
	prog_finish();
	return 0;
}

/* Is some key trusted for the name? */
static int
ask(void)
{
	struct keystore store;
	autofree char *why = NULL;
	bool any;

	check_prefix(opts.name);
	if (keystore_read(opts.name, &store, &why) < 0)
		errx(EX_CONFIG, "%s", why);
	any = store.count > 0;
	keystore_free(&store);
	return any ? 0 : EX_NO;
}

static bool
is_format(const char *text)
{
	return strcmp(text, "table") == 0 || strcmp(text, "json") == 0 ||
	       strcmp(text, "json-pretty") == 0;
}

int
main(int argc, char *argv[])
{
	int status;

	prog_start();
	read_options(argc, argv);
	if (opts.mode == ADD)
		check_add(argc - optind);
	else if (optind < argc || opts.records != NULL || opts.skip_review ||
		 !is_format(opts.format))
		usage_wrong(usage);
	if (opts.mode == LIST)
		status = list();
	else if (opts.mode == REMOVE)
		status = removal_run(opts.fingerprint, opts.prefix);
	else if (opts.mode == ASK)
		status = ask();
	else
		status = add(argv + optind, argc - optind);
	free(opts.fingerprint);
	return status;
}
