/* SPDX-License-Identifier: Apache-2.0 */
/* keeper - the half of a program that may write in the store's tmp */
#pragma once

struct confine;

/*
 * Forks.  The child returns, with no rights but those of plan (confine.h); it
 * does the work, and has no file of the store but through the calls below.
 * The process that was, its keeper, stays behind: it hands out files, and ends
 * as the child ends; if that is a failure, or a signal, nothing that got a
 * name remains.  Call it before a thread is made, when all that is to be read
 * is open.  Ends the filter if it cannot be done.
 */
void keeper_confine(const struct confine *plan);

/*
 * A new file in cas/tmp, for reading and writing, that has no name yet.  -1 and
 * errno if there is none to be had.
 */
int keeper_open(void);

/*
 * The beginning of what is at this URL may be kept for another run, and taken
 * from an earlier one.  Before keeper_confine(), at most 16 times: the child
 * has no others.
 */
void keeper_expect(const char *url);

/*
 * What an earlier run has left of it: a file like those above, at its end, and
 * its *etag, which the caller frees.  -1 if there is nothing.
 */
int keeper_take(const char *url, char **etag);

/*
 * From here on the file is the beginning of what is at the URL by this strong
 * ETag (NULL, or another: of nothing), and is kept if this run ends before it
 * should, and before the file is closed.
 */
void keeper_note(int fd, const char *url, const char *etag);

/* Closes one of them.  What has no name is gone then. */
void keeper_close(int fd);

/*
 * The files below dir, by names without a symbolic link in them, may be read
 * by keeper_read(): it calls for them when keeper_confine() is past.  dir is
 * borrowed.
 */
void keeper_share(int dir);

/* Opens one for reading, whatever it is.  -1 and errno; the caller closes it.
 */
int keeper_read(const char *path);

/* Gives it a name: its absolute path, which the caller frees.  Or NULL, errno.
 */
char *keeper_name(int fd);
