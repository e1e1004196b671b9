/* SPDX-License-Identifier: Apache-2.0 */
/* table - columns that are aligned with tabs, and times for people */
#pragma once

#include <stddef.h>
#include <time.h>

/*
 * Rows of cells, as wide as their widest.  A column's end is a tab stop of
 * eight at least one blank behind its widest cell (Go's tabwriter with
 * minwidth 0, tabwidth 8, padding 1 and tabs, which rkt printed with).
 */
struct table {
	char **cells;
	size_t columns;
	size_t count; /* of cells */
};

/* Adds the next cell; copies text. */
void table_add(struct table *table, const char *text);

/* Writes the table to stdout, and frees it. */
void table_print(struct table *table);

/* "2 minutes ago"; the caller frees it. */
char *time_ago(struct timespec then, time_t now);

/* 2015-04-02 13:18:39.007 +0000 UTC; the caller frees it. */
char *time_full(struct timespec then);
