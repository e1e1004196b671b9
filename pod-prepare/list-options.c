/* SPDX-License-Identifier: Apache-2.0 */
/* list-options - what pod-list is to show, and how */

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "list-options.h"
#include "num.h"
#include "pairs.h"
#include "prog.h"
#include "scope.h"
#include "usage.h"

static const char usage[] =
    "usage: pod-list [-q] [UUID...]\n"
    "       pod-list --table [--full] [--no-legend] [--format=FORMAT] "
    "[UUID...]\n"
    "       pod-list --status [--wait[=DUR]] [--wait-ready[=DUR]]\n"
    "                [--format=FORMAT] [--uuid-file=FILE] [UUID]\n"
    "       pod-list --manifest [--pretty-print[=BOOL]] [--uuid-file=FILE] "
    "[UUID]\n"
    "       pod-list --exit-status UUID...\n"
    "FORMAT is json or json-pretty.\n"
    "  -h, --help     print this\n"
    "      --version  print the version\n";

static void
set_mode(struct list_options *opts, enum mode mode)
{
	if (opts->mode != RECORDS && opts->mode != mode)
		usage_wrong(usage);
	opts->mode = mode;
}

static void
set_format(struct list_options *opts, const char *text)
{
	autofree char *shown = escape(text);

	if (strcmp(text, "json") == 0)
		opts->format = JSON;
	else if (strcmp(text, "json-pretty") == 0)
		opts->format = JSON_PRETTY;
	else
		errx(EX_USAGE,
		    "--format: \"%s\" is neither json nor "
		    "json-pretty",
		    shown);
}

/* Without a duration, or with "true", for ever; "false" is as if not said. */
static void
set_wait(struct list_options *opts, enum await what, const char *text)
{
	int truth = text == NULL ? 1 : bool_parse(text);
	autofree char *shown = escape(text);

	opts->what = what;
	opts->patience = -1;
	/* 0 and 1 are Go's for false and true, but here 0 is a duration. */
	if (text != NULL && duration_parse(text, &opts->patience) == 0)
		opts->waits = true;
	else if (truth < 0)
		errx(EX_USAGE, "--wait: \"%s\" is not a duration such as 15s",
		    shown);
	else
		opts->waits = truth == 1;
}

static void
set_pretty(struct list_options *opts, const char *text)
{
	if (text != NULL && bool_parse(text) < 0)
		usage_wrong(usage);
	opts->compact = text != NULL && bool_parse(text) == 0;
}

static void
set_option(struct list_options *opts, int option)
{
	switch (option) {
	case 'f':
		opts->full = true;
		break;
	case 'n':
		opts->no_legend = true;
		break;
	case 'F':
		set_format(opts, optarg);
		break;
	case 'w':
	case 'r':
		set_wait(opts, option == 'w' ? AWAIT_END : AWAIT_START, optarg);
		break;
	case 'p':
		set_pretty(opts, optarg);
		break;
	case 'u':
		opts->uuid_file = optarg;
		break;
	case 'e':
		set_mode(opts, EXIT_STATUS);
		opts->patience = -1;
		break;
	case 'q':
	case 's':
	case 't':
	case 'm':
		set_mode(opts, option == 'q'   ? QUIET
			       : option == 's' ? STATUS
			       : option == 't' ? TABLE
					       : MANIFEST);
		break;
	}
}

/* One pod, by its name or by a file. */
static bool
is_alone(const struct list_options *opts, int operands)
{
	return operands == (opts->uuid_file == NULL ? 1 : 0);
}

/* What goes with what; *compact* is said of a manifest only. */
static bool
are_sound(const struct list_options *opts, int operands, bool pretty)
{
	bool one = opts->mode == STATUS || opts->mode == MANIFEST;

	if ((opts->full || opts->no_legend) && opts->mode != TABLE)
		return false;
	if (opts->format != PLAIN && opts->mode != TABLE &&
	    opts->mode != STATUS)
		return false;
	if (opts->waits && opts->mode != STATUS)
		return false;
	if (pretty && opts->mode != MANIFEST)
		return false;
	if (opts->mode == EXIT_STATUS && operands == 0)
		return false;
	return one ? is_alone(opts, operands) : opts->uuid_file == NULL;
}

void
list_options_read(int argc, char *argv[], struct list_options *opts)
{
	static const struct option options[] = {
		{ "exit-status", no_argument, NULL, 'e' },
		{ "format", required_argument, NULL, 'F' },
		{ "full", no_argument, NULL, 'f' },
		{ "manifest", no_argument, NULL, 'm' },
		{ "no-legend", no_argument, NULL, 'n' },
		{ "pretty-print", optional_argument, NULL, 'p' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "status", no_argument, NULL, 's' },
		{ "table", no_argument, NULL, 't' },
		{ "uuid-file", required_argument, NULL, 'u' },
		{ "wait", optional_argument, NULL, 'w' },
		{ "wait-ready", optional_argument, NULL, 'r' },
		USAGE_OPTIONS,
	};
	bool pretty = false;
	int option;

	while (
	    (option = usage_option(argc, argv, "hq", options, usage)) != -1) {
		pretty |= option == 'p';
		set_option(opts, option);
	}
	if (!are_sound(opts, argc - optind, pretty))
		usage_wrong(usage);
}
