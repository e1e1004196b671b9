/* SPDX-License-Identifier: Apache-2.0 */
/* confirm - an image that the store has already, and that is still the one */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "fault.h"

/* Does the record say that nothing was downloaded ("fetch.unchanged")? */
bool confirm_wanted(const json_t *record);

/*
 * Checks that the image is there, was verified as the record says, and is what
 * was asked for; notes that the server has been asked, if it has; and makes
 * the image the one that its name now means.  Returns its info for the caller,
 * or NULL with fault.
 */
json_t *confirm_image(int cas, const json_t *record, struct fault *fault);
