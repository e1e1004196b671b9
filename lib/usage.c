/* SPDX-License-Identifier: Apache-2.0 */
/* usage - the options that every program has, and what a wrong one is told */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prog.h"
#include "usage.h"

static _Noreturn void
print_version(const char *text)
{
	const char *name = text + strlen("usage: ");

	(void)printf("%.*s %s\n", (int)strcspn(name, " \n"), name, RKT_VERSION);
	prog_finish();
	exit(0);
}

static _Noreturn void
print_help(const char *text)
{
	(void)fputs(text, stdout);
	prog_finish();
	exit(0);
}

int
usage_option(int argc, char *argv[], const char *letters,
    const struct option *options, const char *text)
{
	int option;

	argv[0] = program_invocation_short_name; /* for getopt's own line */
	option = getopt_long_only(argc, argv, letters, options, NULL);
	switch (option) {
	case 'h':
		print_help(text);
	case 'V':
		print_version(text);
	case '?':
		usage_wrong(text);
	default:
		return option;
	}
}

void
usage_wrong(const char *text)
{
	(void)fputs(text, stderr);
	exit(prog_status_or(EX_USAGE));
}
