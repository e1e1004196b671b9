/* SPDX-License-Identifier: Apache-2.0 */
/* filter - the frame of every filter: a record in, a record out */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

/*
 * The one part of lib that prints and ends the process, since the rules of
 * rkt-records(5) are the same for all filters:
 * - no record on stdin: EX_NOINPUT; not one valid record of version 1, or
 *   a second line: EX_DATAERR; a terminal on stdin: EX_USAGE;
 * - a record that carries "error": it is passed on and the process ends with
 *   the status in it, without a word;
 * - every failure after filter_start() prints "prog: what: why" on stderr and
 *   the record {"v":1,"error":{"step":STEP,"status":STATUS}} on stdout.
 */

/*
 * Call after prog_start(): step is the member that this filter adds.  A quiet
 * filter (-q) prints no error record: stdout is for its one word.  From now on
 * SIGPIPE is ignored: a reader that is gone is an error of filter_write(); and
 * SIGXFSZ: a limit of files' sizes is one of write(2).
 */
void filter_start(const char *step, bool quiet);

/*
 * For a filter that is a chain loader as well: every failure ends with this
 * status, also those of prog_die().
 */
void filter_fail_as(int status);

/* Before it becomes another program: SIGPIPE and SIGXFSZ are as they were. */
void filter_hand_over(void);

/* The record on stdin; the caller owns it. */
json_t *filter_read(void);

/*
 * The same for a filter that the record's files pass to: those that its "fetch"
 * and "convert" name and that lie in the store's cas/tmp are registered by
 * filter_unlink_on_failure(), and no signal comes between.
 */
json_t *filter_take(void);

/*
 * filter_read() for a consumer of several records, one a call; NULL at the end.
 * Ends with EX_NOINPUT if there was none at all.
 */
json_t *filter_read_next(void);

/*
 * Prints the record as a line; ends with EX_DATAERR if it is too long, with
 * EX_IOERR if it cannot be written out.
 */
void filter_write(const json_t *record);

/*
 * What the caller registers here is removed if the filter fails, or is ended
 * by SIGHUP, SIGINT or SIGTERM: the files that the failing pipe leaves in the
 * store's tmp.  At most 160; copies path.
 */
void filter_unlink_on_failure(const char *path);

/*
 * The same for what is no file: undo is called when the filter fails, once.
 * exit(3) and so atexit(3) are not, since a filter that fails ends at once.
 */
void filter_undo_on_failure(void (*undo)(void));

/* errx(3) and err(3) of a filter. */
_Noreturn void filter_failx(int status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
_Noreturn void filter_fail(int status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * For a process whose child does the work: waits for that, and ends as it has
 * ended.  Its failure it has reported itself; a signal is reported here, of
 * the process called what.
 */
_Noreturn void filter_follow(pid_t child, const char *what);

/* The same without a word: the caller has said why, or is not to. */
_Noreturn void filter_quit(int status);

/* Removes at once what was registered: it is open, or no longer needed. */
void filter_unlink_now(void);
