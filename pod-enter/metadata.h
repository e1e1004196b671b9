/* SPDX-License-Identifier: Apache-2.0 */
/* metadata - where a pod finds the metadata service */
#pragma once

#include <jansson.h>
#include <stdbool.h>

struct pod;

/*
 * The base URL for a pod that registered, by what run.json says, with its token
 * in it, for the caller; NULL for another.  A token that cannot be read ends
 * the process.
 */
char *metadata_url(const struct pod *pod, const json_t *run, bool own_network);
