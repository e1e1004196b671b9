/* SPDX-License-Identifier: Apache-2.0 */
/* scribe - carries what the apps write to their logs; part of pod-init */
#pragma once

#include <signal.h>
#include <time.h>

struct plan;

/*
 * Takes the logs and the pipes that the plan speaks of.  Returns 1 if there
 * are any, 0 if not, -1 and errno.
 */
int scribe_open(struct plan *plan, const sigset_t *set);

/*
 * Writes down what comes until a signal of the set is there, or until the
 * deadline (CLOCK_MONOTONIC; NULL: none).  Returns the signal's number, 0 when
 * the time is over.
 */
int scribe_wait(
    const sigset_t *set, siginfo_t *info, const struct timespec *deadline);

/* Writes down what is in the pipes. */
void scribe_finish(void);
