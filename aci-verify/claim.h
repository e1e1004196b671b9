/* SPDX-License-Identifier: Apache-2.0 */
/* claim - what a "simple signing" signature says of an image */
#pragma once

#include "docker.h"

/*
 * Does the signed text (containers-signature(5): {"critical": …, "optional":
 * …}, with nothing more in "critical" than there must be) speak of the
 * manifest with that digest (sha256-…) as the image asked for?  Its repository
 * must be the same, and its tag unless a digest was asked for.  NULL, or what
 * is wrong, escaped, for the caller to free.
 */
char *claim_check(
    const char *text, const struct docker_ref *asked, const char *digest);
