/* SPDX-License-Identifier: Apache-2.0 */
/* arch - what docker and OCI call an architecture, and what labels call it */
#pragma once

/*
 * The word of the label arch for an architecture and its variant (NULL: not
 * said); NULL if the specification has none.
 */
const char *arch_label(const char *arch, const char *variant);

/*
 * The other way: what a host of that label is, with *variant, which may be
 * NULL.  NULL: no such label.
 */
const char *arch_of_label(const char *label, const char **variant);
