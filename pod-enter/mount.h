/* SPDX-License-Identifier: Apache-2.0 */
/* mount - file systems that are made first and attached afterwards */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * A new file system, attached nowhere yet, with attributes MOUNT_ATTR_….
 * options: names and values in turn, NULL at the end, or NULL for none.
 * Returns a descriptor of it, or -1 and errno.
 */
int mount_new(
    const char *type, const char *const *options, unsigned attributes);

/*
 * Attaches it as name below dir: a directory on a directory, a file on a
 * file, and never behind a symbolic link.  0, or -1 and errno.
 */
int mount_attach(int mount, int dir, const char *name);

/* The same on exactly what a descriptor stands for. */
int mount_attach_at(int mount, int target);

/* Adds attributes to a mount, and to those below it.  0, or -1 and errno. */
int mount_restrict(int mount, uint64_t attributes, bool recursive);
