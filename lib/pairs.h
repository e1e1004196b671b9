/* SPDX-License-Identifier: Apache-2.0 */
/* pairs - NAME=VALUE,NAME=VALUE as references, volumes and mounts have it */
#pragma once

#include "labels.h"

/*
 * Appends the pairs in text to *pairs.  Values may be percent-encoded.  The
 * word (label, parameter) is what messages call a name.  Returns 0, or -1
 * with *why, which the caller frees; *pairs may have grown.
 */
int pairs_parse(
    const char *text, const char *word, struct labels *pairs, char **why);

/*
 * Splits NAME=VALUE at its first "=".  Returns a copy of the name and *value
 * inside text, or NULL if there is no name before a "=".
 */
char *pair_split(const char *text, const char **value);

/* "true", "1", "false", … as Go's ParseBool: 1, 0, or -1 if it is neither. */
int bool_parse(const char *text);
