/* SPDX-License-Identifier: Apache-2.0 */
/* lookup - the image that an operand means, for programs with no record */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "pull.h"
#include "store.h"

/* All of these end the process with one line if the store cannot be read. */

/* A descriptor of the store. */
int lookup_store(void);

/*
 * Returns 1 with key; or 0 after saying that the image is not there, unless
 * (*ask) it is to be asked for by the policy.
 */
int lookup_by(const enum pull *policy, int cas, const char *text,
    char key[KEY_TEXT], bool *ask);

/* The same without a policy. */
int lookup_image(int cas, const char *text, char key[KEY_TEXT]);

/* What is known of it, for the caller. */
json_t *lookup_info(int cas, const char *key);
