/* SPDX-License-Identifier: Apache-2.0 */
/* keyfiles - which key files aci-trust was given, and where they come from */
#pragma once

#include <stddef.h>

struct keyfile {
	char *location; /* what people are told: a URL or a path */
	char *path;
};

struct keyfiles {
	struct keyfile *list;
	size_t count;
};

/* Appends one; copies both texts. */
void keyfiles_add(
    struct keyfiles *files, const char *location, const char *path);

/*
 * Appends the fetch.keys of every record in the file path, which may be a
 * pipe.  Returns 0, or the status to end with and *why for the user, which the
 * caller frees; *why NULL: the record says that somebody before us failed.
 */
int keyfiles_read(struct keyfiles *files, const char *path, char **why);

/* Removes those that were downloaded into the store's cas/tmp. */
void keyfiles_drop(const struct keyfiles *files);

void keyfiles_free(struct keyfiles *files);
