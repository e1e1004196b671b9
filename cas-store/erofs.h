/* SPDX-License-Identifier: Apache-2.0 */
/* erofs - an index: an EROFS image of metadata, whose data is in tar archives
 */
#pragma once

#include "compose.h"
#include "spill.h"

/*
 * Writes the index of a composed image (compose_finish()) to fd, from its
 * beginning; files that their archives cannot give go to the spill, which then
 * is the last device.  The same image gives the same bytes.  uuid may be
 * anything that tells images apart.  Returns 0, or -1 with fault: EX_DATAERR
 * if the tree cannot be had in this way.
 */
int erofs_write(int fd, struct compose *compose, struct spill *spill,
    const unsigned char uuid[16], struct fault *fault);
