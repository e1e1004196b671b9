/* SPDX-License-Identifier: Apache-2.0 */
/* path - two kinds of path: theirs (from an image), and ours */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct strings;

/*
 * Theirs: opens path as a process whose root directory is the descriptor root
 * would see it: symbolic links and ".." are legal and cannot leave it, and
 * /proc's magic links are refused (openat2(2) with RESOLVE_IN_ROOT, Linux
 * 5.6).  O_CLOEXEC is always added.  Returns a descriptor, or -1 and errno.
 */
int inroot_open(int root, const char *path, int flags, mode_t mode);

/*
 * Ours, and names that must be plain: no symbolic link, no "..", no absolute
 * path (RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS).  Otherwise as inroot_open().
 */
int beneath_open(int dir, const char *path, int flags, mode_t mode);

/*
 * Makes the directory path and those above it that are missing, below dir
 * (AT_FDCWD for a path from the command line or environment), each with mode
 * whatever the umask.  Returns a descriptor of it (O_PATH), or -1 and errno.
 */
int path_mkdirs(int dir, const char *path, mode_t mode);

/*
 * The whole of a regular file of at most max bytes, with a NUL after it; the
 * caller frees it.  *length, if asked for, is without the NUL.  NULL and
 * errno: EFBIG if it is longer, EINVAL if it is no regular file.
 */
char *path_read(int dir, const char *path, size_t max, size_t *length);

/* The same from a descriptor that is open for reading, from its start. */
char *path_read_fd(int fd, size_t max, size_t *length);

/*
 * Removes name below dir with all that it holds.  Follows no symbolic link
 * and crosses no mount (EXDEV: there is one; it and what is above it stay).
 * A name that is not there is no error.  Returns 0, or -1 and errno.
 */
int path_remove(int dir, const char *name);

/* The same of all that is in dir, but for one name, which may be NULL. */
int path_empty(int dir, const char *kept);

/*
 * Adds what is in dir, in order; the caller frees them.  Returns 0, or -1 and
 * errno: not all could be read.
 */
int path_names(int dir, struct strings *names);

/* Is this one path component: not empty, not "." or "..", without a slash? */
bool path_is_name(const char *name);
