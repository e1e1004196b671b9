/* SPDX-License-Identifier: Apache-2.0 */
/* prog - what every program does first and last, and the exit statuses */
#pragma once

#include <stdbool.h>
#include <sysexits.h>

/*
 * Exit statuses of filters and one-shots: the values of <sysexits.h> with the
 * meanings of rkt-tools(7), and EX_NO when the answer is no.  Chain loaders
 * end with --fail-status (CHAIN_FAILED unless told) when they did not run
 * their program, CHAIN_NOEXEC or CHAIN_NOTFOUND when it would not start.
 */
enum {
	EX_NO = 1,
	CHAIN_FAILED = 125,
	CHAIN_NOEXEC = 126,
	CHAIN_NOTFOUND = 127
};

/* The status of prog_die() and of memory running out; EX_OSERR at first. */
extern int prog_status;

/*
 * First call of main() in a filter or one-shot.  Opens /dev/null on those of
 * the descriptors 0, 1 and 2 that are closed, sets umask 022, has SIGCHLD as it
 * is by default and, if RKT_PROG is set (rkt.sh does), makes err(3) and warn(3)
 * call the program that.
 */
void prog_start(void);

/*
 * The same for a chain loader, which changes nothing else that its program
 * would inherit: no umask; prog_status becomes CHAIN_FAILED.
 */
void prog_start_chain(void);

/*
 * Last call of main() before return 0 when stdout carries a result: writes
 * out stdout and ends the process with EX_IOERR and one line on stderr if
 * that fails (a full disk must not look like success).
 */
void prog_finish(void);

/*
 * --fail-status: makes this prog_status.  One that is not from 1 to 255 ends
 * the process with prog_status_or(EX_USAGE).
 */
void prog_fail_as(const char *text);
void prog_set_status(int status);

/*
 * The status of what is wrong with the usage or the configuration: as given,
 * EX_USAGE say, or prog_status for a chain loader and for who was told one.
 */
int prog_status_or(int status);

/* err(3) and errx(3) with prog_status. */
_Noreturn void prog_die(const char *format, ...)
    __attribute__((format(printf, 1, 2)));
_Noreturn void prog_diex(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Is RKT_DEBUG set and not empty?  (rkt --debug sets it.) */
bool prog_debug(void);

/*
 * The path of a program of ours: beside the running executable.  The caller
 * frees it.
 */
char *prog_sibling(const char *name);

/*
 * Becomes PROG with the arguments in argv (NULL at its end), or returns with
 * errno.  A name without a slash is looked for beside the running executable
 * first, then in PATH.
 */
void prog_become(char *const argv[]);

/* The same, or ends with CHAIN_NOTFOUND, CHAIN_NOEXEC and one line on stderr.
 */
_Noreturn void prog_chain(char *const argv[]);
