/* SPDX-License-Identifier: Apache-2.0 */
/* fault - why something was refused, and with which exit status */
#pragma once

/*
 * What the parts of this directory hand up instead of printing: an exit
 * status and a text for one line, in which everything from outside is escaped
 * already.  The caller frees why.
 */
struct fault {
	int status;
	char *why;
};

/* Each fills fault in (the first one stays) and returns -1. */
int fault_set(struct fault *fault, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with errno's text behind it, and EX_IOERR or, for what the system
 * refuses, EX_OSERR or EX_NOPERM as the status. */
int fault_errno(struct fault *fault, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
