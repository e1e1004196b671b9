/* SPDX-License-Identifier: Apache-2.0 */
/* confdir - the files NAME.json of one directory of rkt's configuration */
#pragma once

#include <stddef.h>

struct confdir {
	const char *name; /* auth.d */
	size_t max;       /* bytes of a file */
	/* May be NULL: why the open file cannot be used; NULL if it can. */
	const char *(*unfit)(int fd);
	/* The files from here on are those of the next directory. */
	void (*begin)(void *data);
	/* Returns 0, or -1 with *why: "member: what is wrong". */
	int (*add)(void *data, const char *bytes, size_t length, char **why);
	void *data;
};

/*
 * Reads the files of the user's, the local, and the system's configuration, in
 * this order.  The filter ends with EX_CONFIG and a line that names the file
 * if one of them cannot be used.  (One that the caller may not read is passed
 * over, with a warning.)
 */
void confdir_read(struct confdir *confdir);

/*
 * Calls visit for each file of the directory path whose name ends with end, in
 * their order.  No such directory is none such file; of one that the caller
 * may not read, a warning says that it is passed over.
 */
void confdir_each(const char *path, const char *end,
    void (*visit)(void *data, const char *path), void *data);

/* A spot_check (spot.h) of the member rktVersion, which each file has. */
const char *confdir_version_check(const char *text);
