/* SPDX-License-Identifier: Apache-2.0 */
/* copy - a range of one file into another */
#pragma once

#include <stdint.h>

/* Without our memory where the file systems can.  0, or -1 and errno; EIO: the
 * first file is shorter. */
int copy_range(int from, uint64_t at, int to, uint64_t offset, uint64_t length);
