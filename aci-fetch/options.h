/* SPDX-License-Identifier: Apache-2.0 */
/* options - what the command line asks of aci-fetch */
#pragma once

#include <stdbool.h>

#include "download.h"
#include "known.h"
#include "oci.h"

struct options {
	enum { FETCH_IMAGE, FETCH_KEYS, FETCH_KEY } mode;
	unsigned flags;        /* of web.h */
	bool no_signature;     /* none is wanted */
	const char *signature; /* a file in place of the image's own */
	bool no_cache;
	struct oci_platform platform; /* of a registry's; os NULL: ours */
	struct download_limits limits;
};

/*
 * Reads the options; the operands are those from optind on, and their number
 * is right.  The process ends with EX_USAGE if anything is wrong, and with 0
 * after --help and --version.
 */
void options_read(int argc, char **argv, struct options *options);

/* Which of the store's images would do: none for a signature that is new. */
enum known_as options_known_as(const struct options *options);

/*
 * Lines for whoever looks on: what is fetched ("fetching image from", a place),
 * with a warning if nobody will verify it; and that it need not be.
 */
void options_announce(
    const struct options *options, const char *how, const char *place);
void options_say_fresh(const char *place);
