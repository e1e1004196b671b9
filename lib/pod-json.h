/* SPDX-License-Identifier: Apache-2.0 */
/* pod-json - the JSON files of a pod's directory */
#pragma once

#include <jansson.h>

#include "pod.h"

/* As large as one of them may be, in bytes; the manifest has a limit of its
 * own. */
enum { POD_JSON_MAX = 1024 * 1024 };

/*
 * Reads "run.json", "net.json" and the like; the caller owns it.  NULL if
 * there is no such file; what else is wrong ends the process with one line.
 */
json_t *pod_json_find(const struct pod *pod, const char *name);

/* The same, of one that must be there. */
json_t *pod_json(const struct pod *pod, const char *name);
