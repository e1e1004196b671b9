/* SPDX-License-Identifier: Apache-2.0 */
/* ociconfig - the OCI configuration of an App Container */
#pragma once

#include <jansson.h>

#include "fault.h"
#include "manifest.h"

/*
 * Its bytes, for the caller, for a root file system of these layers (a list of
 * "sha256:…").  NULL with fault: it cannot say whose the process is.
 */
char *ociconfig_make(const struct image_manifest *manifest,
    const json_t *diff_ids, struct fault *fault);

/* What else it cannot say and has left out, in a word; or NULL. */
const char *ociconfig_unsaid(const struct image_manifest *manifest);

/* OS/ARCHITECTURE as OCI has them, of its labels; the caller owns it. */
json_t *ociconfig_platform(const struct image_manifest *manifest);
