/* SPDX-License-Identifier: Apache-2.0 */
/* shelf - the files that a keeper has for its child, by their numbers */
#pragma once

#include <stdbool.h>

/* So many at a time. */
enum { SHELF_SIZE = 512 };

struct shelf;

/* An empty one, of the store's tmp, whose descriptor it takes. */
struct shelf *shelf_new(int tmp);

/*
 * A new file without a name; and what an earlier run has left of what is at
 * the URL, with its *etag (borrowed).  Both return a descriptor, which stays
 * the shelf's, and its number in *file; or -1 and errno.
 */
int shelf_open(struct shelf *shelf, int *file);
int shelf_take(
    struct shelf *shelf, const char *url, int *file, const char **etag);

/*
 * Of the file with that number, which may be any; each returns 0, or -1 and
 * errno.  shelf_note(): it is the beginning of what is at the URL by that ETag,
 * for another run to go on with if that is a strong one, else of nothing.  url
 * is not copied, and may be NULL.  shelf_name(): it is whole, and gets a name
 * in the store's tmp, which goes when the filter fails; the caller frees
 * *name.
 */
int shelf_note(
    struct shelf *shelf, int file, const char *url, const char *etag);
int shelf_name(struct shelf *shelf, int file, char **name);
int shelf_close(struct shelf *shelf, int file);

/*
 * Nobody writes any more: keeps in the store, if the run has failed, what
 * another one may go on with, and closes all.
 */
void shelf_settle(struct shelf *shelf, bool failed);
