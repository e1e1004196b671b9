/* SPDX-License-Identifier: Apache-2.0 */
/* ports - which ports of the host are to lead to which of the pod */
#pragma once

#include <jansson.h>

#include "manifest.h"

/*
 * Each is one port of one app, of TCP or UDP, and no two take the same of the
 * host.  Ends the process with one line, in rkt's words, if not so.
 */
void ports_check(const struct pod_manifest *pod);

/* The same for run.json, with what the app says of them. */
json_t *ports_json(const struct pod_manifest *pod);
