/* SPDX-License-Identifier: Apache-2.0 */
/* offer - the keys in a file that somebody is asked to trust */
#pragma once

#include <jansson.h>

#include "home.h"

struct offer {
	const char *text; /* of the file */
	size_t length;
	const struct home *home; /* with an empty ring */
};

/*
 * Has gpg import them, in a worker, which drops what their owner did not
 * sign, and returns what the caller owns:
 *
 *	{"failed": why they are no keys, or gpg could not, or
 *	 "keys": as roster_list() has them, each with
 *	    "armour": that key alone and minimal}
 *
 * NULL with *why, a static text: there was no answer in time.
 */
json_t *offer_read(const struct offer *offer, const char **why);
