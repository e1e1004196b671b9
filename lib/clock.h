/* SPDX-License-Identifier: Apache-2.0 */
/* clock - what time it is, and how long something takes */
#pragma once

#include <stdint.h>

enum { CLOCK_SECOND = 1000000000, CLOCK_MS = 1000000 }; /* in nanoseconds */

/* Nanoseconds since 1970, as the machine's clock has it: it may be set. */
int64_t clock_wall(void);

/* Nanoseconds, and milliseconds, of a clock that only goes forward. */
int64_t clock_steady(void);
int64_t clock_ms(void);
