/* SPDX-License-Identifier: Apache-2.0 */
/* moment - points in time, as people write them */
#pragma once

#include <stdint.h>

/* Of RFC 3339 with nanoseconds: 2026-01-31T12:00:00.123456789Z. */
enum { MOMENT_TEXT = 40 };

/*
 * A duration (10m: so long ago), @SECONDS since 1970, a date, or a date and a
 * time with T or a blank between; Z or +01:00 behind that, else local.  In
 * nanoseconds since 1970.  Returns 0, or -1 and errno EINVAL.
 */
int moment_parse(const char *text, uint64_t *moment);

void moment_format(uint64_t moment, char text[MOMENT_TEXT]);
