/* SPDX-License-Identifier: Apache-2.0 */
/* seal - a sum in a file of JSON, which tells when a byte of it has changed */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * The record as a line, for the caller, with a member "sum" over all the
 * others: against accidents, not against an enemy, who can make one too.
 */
char *seal_line(const json_t *record);

/* Are the bytes just what seal_line() made? */
bool seal_holds(const char *bytes, size_t length);
