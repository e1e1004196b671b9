/* SPDX-License-Identifier: Apache-2.0 */
/* rows - pods as people read them: a table of many, the lines of one */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "summary.h"

/* rkt's table: a line for each app, what is the pod's in the first. */
void rows_table(
    const struct summary *pods, size_t count, bool full, bool legend);

/* The lines of rkt status. */
void rows_status(const struct summary *pod);
