/* SPDX-License-Identifier: Apache-2.0 */
/* reader - an archive's entries, read by a process that can do nothing else */
#pragma once

#include "entries.h"

/*
 * Appends those of the archive fd, which is device; of their attributes only
 * those that are allowed, and if there are others *dropped (if NULL) names
 * one, for the caller to free.  The process that does it has these two files,
 * and no right but to read the one and append to the other (confine.h).
 * Returns 0, or -1 with fault.
 */
int reader_run(struct entries *entries, int fd, uint64_t size, uint32_t device,
    char **dropped);
