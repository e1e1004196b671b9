/* SPDX-License-Identifier: Apache-2.0 */
/* target - a file or directory of the user's that appears whole, or not */
#pragma once

#include <stdbool.h>

#include "fault.h"

struct target {
	int fd;            /* the file for writing, or the directory */
	int parent;        /* where it goes; -1: it is standard output */
	char *name;        /* in there */
	bool exists;       /* something is there, which is to go */
	char *beside;      /* of a directory: its name until it is whole */
	const char *inner; /* in there: what becomes the directory; or NULL */
};

/*
 * Each of these returns 0, or -1 with fault.  What is there already is an
 * error, with what as its name ("output ACI file"), unless overwrite; the root
 * directory never is overwritten.  "-" is standard output.
 */
int target_file(struct target *target, const char *path, bool overwrite,
    const char *what, struct fault *fault);

/*
 * A directory is filled by a child process, in which this returns; the process
 * that was ends as the child ends, and removes what is there so far if that is
 * a failure.
 */
int target_directory(struct target *target, const char *path, bool overwrite,
    struct fault *fault);

/* It is whole: gives it its name. */
int target_finish(struct target *target, struct fault *fault);

void target_close(struct target *target);
