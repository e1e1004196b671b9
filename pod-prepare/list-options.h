/* SPDX-License-Identifier: Apache-2.0 */
/* list-options - what pod-list is to show, and how */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "await.h"

struct list_options {
	enum mode { RECORDS, QUIET, TABLE, STATUS, MANIFEST, EXIT_STATUS } mode;
	enum { PLAIN, JSON, JSON_PRETTY } format;
	bool full;
	bool no_legend;
	bool waits;
	enum await what;
	int64_t patience; /* in nanoseconds; negative: for ever */
	bool compact;
	const char *uuid_file;
};

/*
 * Reads them, so that optind is that of the first operand.  Wrong ones end the
 * process with EX_USAGE, --help and --version with 0.
 */
void list_options_read(int argc, char *argv[], struct list_options *opts);
