/* SPDX-License-Identifier: Apache-2.0 */
/* publish - files and directories that appear whole, or not at all */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * An unnamed file for writing (and reading) in the file system of dir, with
 * mode whatever the umask; it is gone with its descriptor unless
 * publish_link() names it.  Returns a descriptor, or -1 and errno.
 */
int publish_open(int dir, mode_t mode);

/*
 * Gives the file its name: fsync(2), linkat(2), fsync of dir.  Something of
 * that name being there already is success, and it stays (the store's names
 * say their content).  Returns 0, 1 if it was there, or -1 and errno.
 */
int publish_link(int fd, int dir, const char *name);

/*
 * Gives it a name that may be taken: what has it is no more then.  Nothing is
 * synced.  Returns 0, or -1 and errno.
 */
int publish_replace(int fd, int dir, const char *name);

/* How publish_file() writes: survive a power cut; replace what is there. */
enum { PUBLISH_DURABLE = 1, PUBLISH_REPLACE = 2 };

/*
 * A small file in one call.  Without PUBLISH_REPLACE an existing one stays
 * and 1 is returned.  Returns 0, 1, or -1 and errno.
 */
int publish_file(int dir, const char *name, const void *bytes, size_t length,
    mode_t mode, unsigned flags);

/*
 * Moves a finished file or directory to its place (renameat2(2) with
 * RENAME_NOREPLACE): if durable, the directories are synced too, while the
 * files in it are the caller's (syncfs(2) or fsync each).  Returns 0, or -1
 * and errno; EEXIST: something of that name is there.
 */
int publish_rename(
    int fromdir, const char *from, int todir, const char *to, bool durable);

/* Writes all of it, whatever write(2) takes at a time.  0, or -1 and errno. */
int write_all(int fd, const void *bytes, size_t length);
