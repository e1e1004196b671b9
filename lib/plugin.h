/* SPDX-License-Identifier: Apache-2.0 */
/* plugin - a program of the host's that is asked, and not trusted to answer */
#pragma once

#include <stddef.h>

/* What it may say: on stdout, and on stderr what is kept of it. */
enum { PLUGIN_OUTPUT_MAX = 256 * 1024, PLUGIN_ERRORS_MAX = 1024 };

/* What it said; the caller frees both, which end with a NUL. */
struct plugin_answer {
	char *output;
	size_t length;
	char *errors;
};

/*
 * Runs the program at path, with these variables and no others, the bytes on
 * stdin and no descriptor but 0 to 2.  It dies with the caller, and is killed,
 * with its process group, if it has not ended after so many seconds or says too
 * much.  What it leaves running in the background is not waited for.  Returns
 * its exit status with *answer filled in, or -1 with *why, for the caller:
 * killed, by itself or by us; not started.
 */
int plugin_run(const char *path, char *const variables[], const char *input,
    size_t length, unsigned seconds, struct plugin_answer *answer, char **why);
