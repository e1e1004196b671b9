/* SPDX-License-Identifier: Apache-2.0 */
/* worker - work on hostile bytes in a child that cannot run for ever */
#pragma once

#include <jansson.h>

#include "home.h"

/*
 * Calls work(data) in a child process, which has entered the home, and returns
 * the JSON value that it returned there; the caller owns it.  The child and
 * what it starts may use so many seconds of processor time each, and of the
 * clock; they are killed after that, and when this process ends.  NULL with
 * *why, a static text, if nothing came of it.
 */
json_t *worker_run(const struct home *home, json_t *(*work)(const void *data),
    const void *data, unsigned seconds, const char **why);
