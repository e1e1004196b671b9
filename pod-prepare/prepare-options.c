/* SPDX-License-Identifier: Apache-2.0 */
/* prepare-options - pod-prepare's own options, ahead of rkt's arguments */

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "insecure.h"
#include "num.h"
#include "prepare-options.h"
#include "prog.h"

struct options opts;

static void
usage(FILE *out)
{
	fputs("usage: pod-prepare [--records] [-q] [--fetchable] [--] ARG...\n"
	      "       pod-prepare --start [--fail-status=N] "
	      "[--else PROG [WORD...]] [--] ARG...\n"
	      "       pod-prepare [--fetchable] --images [--] ARG...\n"
	      "       pod-prepare --late [--] [POD-OPTION...] UUID\n"
	      "Also: --insecure-options=capabilities,paths,seccomp\n"
	      "ARGs are [POD-OPTION...] IMAGE [IMAGE-OPTION...] "
	      "[-- ARG... [---]] [IMAGE...]\n",
	    out);
}

/* A chain loader's failures are told from those of what it becomes. */
static int
usage_status(void)
{
	if (opts.failing != 0)
		return opts.failing;
	return opts.start ? CHAIN_FAILED : EX_USAGE;
}

void
options_wrong(const char *why)
{
	warnx("%s", why);
	usage(stderr);
	exit(usage_status());
}

static bool
take_flag(const char *text)
{
	static const struct {
		const char *name;
		bool *value;
	} own[] = { { "--records", &opts.records }, { "-q", &opts.quiet },
		{ "--quiet", &opts.quiet }, { "--fetchable", &opts.fetchable },
		{ "--images", &opts.images }, { "--late", &opts.late },
		{ "--start", &opts.start } };

	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++) {
		if (strcmp(text, own[i].name) == 0)
			return *own[i].value = true;
	}
	return false;
}

static bool
take_value(const char *text)
{
	static const char insecure[] = "--insecure-options=";
	static const char status[] = "--fail-status=";
	uint64_t number;

	if (strncmp(text, insecure, strlen(insecure)) == 0) {
		if (insecure_parse(text + strlen(insecure), &opts.insecure) < 0)
			errx(
			    usage_status(), "--insecure-options: no such word");
		return true;
	}
	if (strncmp(text, status, strlen(status)) != 0)
		return false;
	if (num_parse(text + strlen(status), 1, 255, &number) < 0)
		options_wrong("--fail-status: not a number from 1 to 255");
	opts.failing = (int)number;
	return true;
}

/* Returns how many words there are from --else to the "--" that ends all. */
static int
take_other(char *argv[])
{
	int n = 1;

	if (strcmp(argv[0], "--else") != 0)
		return 0;
	while (argv[n] != NULL && strcmp(argv[n], "--") != 0)
		n++;
	if (n == 1 || argv[n] == NULL)
		options_wrong("--else: needs a program, its words, and \"--\"");
	opts.otherwise = (struct otherwise){ argv + 1, n - 1 };
	return n;
}

static void
take_help(const char *text)
{
	if (strncmp(text, "--", 2) == 0)
		text++;
	if (strcmp(text, "-version") == 0)
		puts("pod-prepare " RKT_VERSION);
	else if (strcmp(text, "-h") == 0 || strcmp(text, "-help") == 0)
		usage(stdout);
	else
		return;
	prog_finish();
	exit(0);
}

/*
 * Our own options, which end at "--" or where rkt's arguments begin: getopt(3)
 * would take offence at those.  Returns how many words there are.
 */
int
options_read(char *argv[])
{
	int n = 1, words;

	for (; argv[n] != NULL; n += words) {
		words = take_flag(argv[n]) || take_value(argv[n])
			    ? 1
			    : take_other(argv + n);
		if (words == 0)
			break;
	}
	if (argv[n] != NULL && strcmp(argv[n], "--") == 0)
		n++;
	else if (argv[n] != NULL)
		take_help(argv[n]);
	if (!opts.start && opts.otherwise.count > 0)
		options_wrong("--else: needs --start");
	if (opts.start && (opts.records || opts.images || opts.late))
		options_wrong(
		    "--start: not with --records, --images or --late");
	opts.quiet = opts.quiet || opts.start;
	if (opts.failing != 0 || opts.start)
		filter_fail_as(usage_status());
	return n;
}
