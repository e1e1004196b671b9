/* SPDX-License-Identifier: Apache-2.0 */
/* inventory - all key files there are, and what each is worth */
#pragma once

#include <stdbool.h>

#include <jansson.h>

/*
 * [{"prefix": "" for every name, "fingerprint", "state", "identities", "file",
 * "system": is it the distribution's?}], sorted, texts escaped; the caller
 * owns it.  The state is one of roster_list()'s, or "masked" (a local file
 * takes its place) or "broken", with "why".  A prefix that is not NULL asks for
 * those of that prefix alone.  Ends the process if they cannot be read.
 */
json_t *inventory_read(const char *prefix);

/* Prints it as a table for people, with a line of headings if so told. */
void inventory_print(const json_t *inventory, bool legend);
