/* SPDX-License-Identifier: Apache-2.0 */
/* scan - the entries of an archive, written down */
#pragma once

#include "entries.h"

/*
 * Adds those of the archive fd to the file that was begun last; of their
 * attributes only those that are allowed, and if there are others *dropped (if
 * NULL) names one, for the caller to free.  Returns 0, or -1 with fault.
 */
int scan_archive(
    struct entries *entries, int fd, uint64_t size, char **dropped);
