/* SPDX-License-Identifier: Apache-2.0 */
/* caps - sets of capabilities, a bit each */
#pragma once

#include <jansson.h>
#include <stdint.h>

/* What an app has unless its manifest says otherwise (the spec's fourteen). */
extern const uint64_t caps_default;

/* The set of a capability isolator's value; 0 if it is not one. */
uint64_t caps_set(const json_t *value);
