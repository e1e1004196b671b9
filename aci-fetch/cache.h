/* SPDX-License-Identifier: Apache-2.0 */
/* cache - what a server's headers say about keeping its answer */
#pragma once

#include <stdint.h>

/*
 * For how many seconds the answer may be used without asking again; 0: not at
 * all.  Each header may be NULL: Cache-Control, or else Expires and Date; and
 * Age, by which it is less.
 */
int64_t cache_lifetime(const char *control, const char *expires,
    const char *date, const char *age);
