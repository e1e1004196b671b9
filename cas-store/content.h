/* SPDX-License-Identifier: Apache-2.0 */
/* content - what is in a file that is unpacked, and its attributes */
#pragma once

#include <stdbool.h>
#include <time.h>

#include "compose.h"

/*
 * The bytes of a regular file, from its archive to fd, which is new.  0, or -1
 * and errno.
 */
int content_fill(
    const struct compose *compose, const struct entry *entry, int fd);

/*
 * Owner, mode, extended attributes and times of a file or directory.  Whoever
 * is not root gives nothing away, and goes without attributes that he may not
 * set.  0, or -1 and errno.
 */
int content_finish(const struct entry *entry, int fd, bool root_user);

/* The time of an entry, for utimensat(2). */
void content_times(const struct entry *entry, struct timespec both[2]);
