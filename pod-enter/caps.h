/* SPDX-License-Identifier: Apache-2.0 */
/* caps - sets of capabilities, a bit each */
#pragma once

#include <stdint.h>

/* What an app has unless its manifest says otherwise (the spec's fourteen). */
extern const uint64_t caps_default;

/* The bit of "CAP_CHOWN"; 0 if there is no such capability. */
uint64_t caps_bit(const char *name);
