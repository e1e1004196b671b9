/* SPDX-License-Identifier: Apache-2.0 */
/* tarball - a tar of files that have no business in the file system */
#pragma once

#include <stdint.h>

struct members;

/*
 * Reads the tar open at fd, compressed or not, into members: its regular files
 * into memory or files without a name, its links as other names.  No name in
 * it is ever a path to us.  Ends the filter with EX_DATAERR if it is no tar, is
 * cut off, holds more than max bytes or too many files, or is a bomb.
 */
void tarball_read(int fd, struct members *members, int64_t max);
