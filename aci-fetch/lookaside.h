/* SPDX-License-Identifier: Apache-2.0 */
/* lookaside - where the signatures of a registry's images are kept */
#pragma once

#include <stddef.h>

struct docker_ref;

/*
 * The place of the signatures of ref's repository by the files
 * registries.d/NAME.yaml (containers-registries.d(5)) of rkt's configuration
 * or, if that has no such directory, of /etc/containers: an http, https or
 * file URL, to which "@sha256=HEX/signature-N" is added.  The longest namespace
 * counts, then default-docker, then the place where other programs put
 * signatures by default.  The caller frees it.  The filter ends with EX_CONFIG
 * if a file cannot be used.
 */
char *lookaside_find(const struct docker_ref *ref);

/*
 * The same by hand, for tests: adds one file's text, and returns 0, or -1 with
 * *why for the caller to free.
 */
struct lookaside;
struct lookaside *lookaside_new(const struct docker_ref *ref);
int lookaside_add(
    struct lookaside *lookaside, const char *bytes, size_t length, char **why);
char *lookaside_end(struct lookaside *lookaside);
