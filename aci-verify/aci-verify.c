/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aci-verify - check a downloaded image's signature
 *
 *	aci-verify < RECORD > RECORD
 *
 * Reads a record with "fetch", looks at the signature's frame, collects the
 * keys that are trusted for the image's name, has gpg check the bytes with
 * those alone, judges what gpg says, and adds "verify", whose digest is that
 * of the very bytes that were signed.  There are three kinds of image: a file
 * with its signature (detached.c), one of a registry (container.c), and one
 * that the store has (stored.c).
 */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "container.h"
#include "detached.h"
#include "escape.h"
#include "filter.h"
#include "prog.h"
#include "record.h"
#include "scope.h"
#include "stored.h"

static void
print_usage(FILE *out)
{
	(void)fprintf(out, "usage: aci-verify [-h] [--version] < record\n");
}

static void
read_options(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};

	for (int c; (c = getopt_long(argc, argv, "+h", options, NULL)) != -1;) {
		if (c == 'h')
			print_usage(stdout);
		else if (c == 'V')
			(void)printf("aci-verify %s\n", RKT_VERSION);
		else
			print_usage(stderr);
		if (c == '?')
			exit(EX_USAGE);
		prog_finish();
		exit(0);
	}
	if (optind < argc) {
		print_usage(stderr);
		exit(EX_USAGE);
	}
}

/* What messages call the image, escaped; the caller frees it. */
static char *
title_of(const json_t *record)
{
	const char *title = record_string(record, "discover.name");

	if (title == NULL)
		title = record_string(record, "image");
	return escape(title == NULL ? "image" : title);
}

int
main(int argc, char *argv[])
{
	autofree char *title = NULL;
	autojson json_t *record = NULL;

	prog_start();
	read_options(argc, argv);
	filter_start("verify", false);
	record = filter_take();
	title = title_of(record);
	if (stored_is(record))
		stored_verify(record, title);
	else if (record_get(record, "fetch.manifest") != NULL)
		container_verify(record, title);
	else
		detached_verify(record, title);
	filter_write(record);
	prog_finish();
	return 0;
}
