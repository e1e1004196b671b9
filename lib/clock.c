/* SPDX-License-Identifier: Apache-2.0 */
/* clock - what time it is, and how long something takes */

#include <time.h>

#include "clock.h"

/* It cannot fail: the clock is there, and so is the address. */
static int64_t
read_clock(clockid_t which)
{
	struct timespec now = { 0 };

	(void)clock_gettime(which, &now);
	return (int64_t)now.tv_sec * CLOCK_SECOND + now.tv_nsec;
}

int64_t
clock_wall(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t
clock_steady(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t
clock_ms(void)
{
	return clock_steady() / CLOCK_MS;
}
