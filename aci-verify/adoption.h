/* SPDX-License-Identifier: Apache-2.0 */
/* adoption - the keys of some files, each shown, asked about, and stored */
#pragma once

#include <stdbool.h>

#include "keyfiles.h"

struct adoption {
	const char *prefix;      /* what they are to be trusted for; "": all */
	const char *fingerprint; /* of the only key that is wanted, or NULL */
	bool ask;
};

/*
 * Goes through them, with whoever answers on stdin.  Returns the exit status;
 * ends the process if something fails.
 */
int adoption_run(const struct adoption *adoption, const struct keyfiles *files);
