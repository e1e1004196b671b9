/* SPDX-License-Identifier: Apache-2.0 */
/* usage - the options that every program has, and what a wrong one is told */
#pragma once

#include <getopt.h>

/* The end of every table of options. */
#define USAGE_OPTIONS \
	{ "help", no_argument, NULL, 'h' }, \
	    { "version", no_argument, NULL, 'V' }, \
	{ \
		NULL, 0, NULL, 0 \
	}

/*
 * getopt_long_only(3), since an option has one dash or two, with a table that
 * ends in USAGE_OPTIONS.  Answers -h, --help and --version on stdout and ends
 * the process, with EX_IOERR if that cannot be written; and what is wrong by
 * usage_wrong(), after getopt's own line.  text is "usage: NAME …".
 */
int usage_option(int argc, char *argv[], const char *letters,
    const struct option *options, const char *text);

/*
 * text on stderr; ends the process with prog_status_or(EX_USAGE): a chain
 * loader's failures are told from those of its program.
 */
_Noreturn void usage_wrong(const char *text);
