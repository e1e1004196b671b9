/* SPDX-License-Identifier: Apache-2.0 */
/* reader - an archive's entries, read by a process that can do nothing else */
#pragma once

#include "entries.h"

/*
 * scan_archive() into a new file, for the next device.  The process that does
 * it has these two files, and no right but to read the one and append to the
 * other (confine.h).
 */
int reader_run(struct entries *entries, int fd, uint64_t size, char **dropped);
