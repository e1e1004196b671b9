/* SPDX-License-Identifier: Apache-2.0 */
/* cat - an image's manifest */
#pragma once

#include <stdbool.h>

/*
 * Prints it, byte for byte as it came, or indented for people.  Returns 0, or
 * -1 and errno; EBADMSG: it is no JSON.
 */
int cat_manifest(int cas, const char *key, bool pretty);
