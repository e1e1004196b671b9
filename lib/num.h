/* SPDX-License-Identifier: Apache-2.0 */
/* num - checked integers and durations from text */
#pragma once

#include <stdint.h>

/*
 * The whole of text as a decimal number from min to max: digits only, no
 * sign, blank or other base.  Returns 0, or -1 with errno EINVAL (not a
 * number) or ERANGE; *value is then unchanged.
 */
int num_parse(const char *text, uint64_t min, uint64_t max, uint64_t *value);

/*
 * A duration as rkt writes them (Go's time.ParseDuration): "0" or decimal
 * numbers, each with a unit of ns, us, ms, s, m or h: 30m0s, 1.5h.  In
 * nanoseconds, never negative.  Returns 0, or -1 with errno EINVAL or ERANGE.
 */
int duration_parse(const char *text, int64_t *nanoseconds);

/* The canonical form of it: 1800000000000 is 30m0s.  The caller frees it. */
char *duration_format(int64_t nanoseconds);
