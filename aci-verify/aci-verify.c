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
#include "usage.h"

static const char usage[] = "usage: aci-verify [-h] [--version] < record\n";

static void
read_options(int argc, char *argv[])
{
	static const struct option options[] = {
		USAGE_OPTIONS,
	};

	while (usage_option(argc, argv, "+h", options, usage) != -1)
		continue;
	if (optind < argc)
		usage_wrong(usage);
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
