/* SPDX-License-Identifier: Apache-2.0 */
/* conf - the network files of net.d */
#pragma once

#include <jansson.h>
#include <stddef.h>

/* Bounds on a file, and on a directory. */
enum { CONF_MAX = 64 * 1024, CONF_FILES_MAX = 256 };

struct conf {
	char *file;       /* its path, for messages; NULL: built in */
	json_t *list;     /* in the form of a conflist */
	const char *name; /* in it */
};

struct confs {
	struct conf *conf;
	size_t count;
};

/*
 * All networks that there are, in the order of their interfaces: those built
 * in, then net.d/NAME.conf and NAME.conflist of the system's configuration and
 * then of the local one, each by file name.  A later one of the same name takes
 * an earlier one's place, and overridden is called; two in one directory are
 * refused.  Ends the process with one line if a file is wrong.
 */
void confs_read(struct confs *confs,
    void (*overridden)(const char *name, const char *dir, void *data),
    void *data);

/* Ends the process with one line about it. */
_Noreturn void conf_refuse(const struct conf *conf, const char *what);
