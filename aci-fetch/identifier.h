/* SPDX-License-Identifier: Apache-2.0 */
/* identifier - the name of a registry's image as an AC identifier */
#pragma once

/*
 * HOST/REPOSITORY (lib/docker) as an identifier, for the caller.  No two names
 * become one, as each is somebody else's: ":" becomes "_", which no host has;
 * what an identifier cannot hold (two dashes side by side) becomes its
 * hexadecimal digits between two "~", which no name has.
 */
char *identifier_make(const char *name);
