/* SPDX-License-Identifier: Apache-2.0 */
/* list - the images of the store, one a line */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct list {
	enum {
		LIST_RECORDS,
		LIST_KEYS,
		LIST_TABLE,
		LIST_JSON,  /* rkt's members, in one array */
		LIST_PRETTY /* the same, indented */
	} form;
	bool legend;        /* of a table */
	bool full;          /* ids, sizes and times in it */
	const char *fields; /* of a table, "id,name,…" in any order */
	const char *sort;   /* by which field */
	bool descending;
	int64_t unused; /* those that no pod used for so long; 0: all */
};

/* id,name,size,importtime,lastused */
extern const char list_all_fields[];

/*
 * One of its options: 't' --table, 'n' --no-legend, 'F' --full, 'i' --fields,
 * 's' --sort, 'o' --order, 'u' --unused, 'j' --format.  Returns NULL, or what
 * is wrong with the value.
 */
const char *list_option(struct list *list, int option, const char *value);

/*
 * Prints them.  Returns 0, or -1 and errno; a damaged one is passed over with
 * a warning.
 */
int list_images(int cas, const struct list *list);
