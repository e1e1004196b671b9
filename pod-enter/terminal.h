/* SPDX-License-Identifier: Apache-2.0 */
/* terminal - the pod's own, and the caller's while it is lent */
#pragma once

#include <stdbool.h>
#include <termios.h>

/*
 * No descriptor of the caller's terminal gets into a pod: who has one can read
 * what is typed there, and type.  What is one is replaced by a terminal of the
 * pod's own devpts, and pod-enter carries the bytes between the two.
 */
struct terminal {
	int master; /* -1: there is none */
	int slave;
	int number;
	int input;        /* the caller's, from which keys are read; -1: none */
	int output;       /* and to which what the pod writes goes; -1: none */
	bool interactive; /* keys are the pod's, but for the escape */
	struct termios saved;
	bool lent; /* the caller's has our mode now */
};

/*
 * Which of the descriptors 0 to 2 are the caller's terminal?  Returns whether
 * the pod needs one of its own; 0 counts if interactive.
 */
bool terminal_find(struct terminal *terminal, bool interactive);

/*
 * Makes the pod's terminal in pts, the root of its devpts, with the size and
 * the mode of the caller's.  What fails ends the process.
 */
void terminal_make(struct terminal *terminal, int pts);

/*
 * Makes a terminal that is nobody's yet, of 80 columns and 24 lines, in pts.
 * Returns its number; what fails ends the process.
 */
int terminal_new(int pts, int *master, int *slave);

/* What descriptor i is to be for the pod: that, or the pod's terminal. */
int terminal_stream(const struct terminal *terminal, int i);

/*
 * Puts the caller's terminal into our mode if it is in our foreground: every
 * key at once, and with interactive none of them special.  Undone by
 * terminal_restore(), and by exit(3).
 */
void terminal_lend(struct terminal *terminal);
void terminal_restore(void);

/* Gives the pod's terminal the size of the caller's. */
void terminal_resize(const struct terminal *terminal);
