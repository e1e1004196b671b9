/* SPDX-License-Identifier: Apache-2.0 */
/* armor - OpenPGP's ASCII armour (RFC 4880, section 6.2), read strictly */
#pragma once

#include <stddef.h>

/*
 * Takes the armour block with that label ("SIGNATURE") which *text begins
 * with, blank lines before and after it included, and appends what is in it
 * to out, which has room for *left bytes from *used on.  Moves *text and
 * *left behind it.  Returns NULL, or what is wrong, as a static text.
 */
const char *armor_take(const char **text, size_t *left, const char *label,
    unsigned char *out, size_t *used);
