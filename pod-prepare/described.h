/* SPDX-License-Identifier: Apache-2.0 */
/* described - a pod as rkt list --format=json has it */
#pragma once

#include <jansson.h>

#include "summary.h"

/*
 * The object that pod-list(8) describes; the caller owns it.  The summary has
 * the detail and the manifest.
 */
json_t *described(const struct summary *pod);
