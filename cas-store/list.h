/* SPDX-License-Identifier: Apache-2.0 */
/* list - the images of the store, one a line */
#pragma once

#include <stdbool.h>

struct list {
	bool keys;   /* only those */
	bool table;  /* for people; else records */
	bool legend; /* of a table */
	bool full;   /* ids and sizes */
};

/* Prints them.  Returns 0, or -1 and errno; a damaged one is passed over with a
 * warning. */
int list_images(int cas, const struct list *list);
