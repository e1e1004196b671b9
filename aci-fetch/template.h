/* SPDX-License-Identifier: Apache-2.0 */
/* template - the URL that a discovery tag promises for an image */
#pragma once

#include "labels.h"

/*
 * Replaces {name}, {version} ("latest" if there is no such label), {ext} and
 * {LABEL} for each label.  Values are percent-encoded, but for the slashes of
 * the name.  Returns NULL if a brace is left, else what the caller frees.
 */
char *template_expand(const char *template, const char *name,
    const struct labels *labels, const char *ext);
