/* SPDX-License-Identifier: Apache-2.0 */
/* userns - a pod's user namespace, and the network that belongs to it */
#pragma once

#include <stdint.h>

struct pod;

/*
 * Takes a range of ids for the pod, and makes a user namespace in which they
 * are those from 0 on, together with a network namespace that is its own.
 * Returns a descriptor of the latter, which is all that keeps both, or -1 with
 * *why if this kernel or file system cannot do without the host's ids.  What
 * fails otherwise ends the process with one line: with EX_TEMPFAIL if all
 * ranges are taken.
 */
int userns_make(const struct pod *pod, const char **why);

/*
 * For a pod that goes on with the host's ids: ends the process with one line if
 * it has run with others.
 */
void userns_refuse(const struct pod *pod);

/* In that network: lets all its users send the echo requests of ping(8). */
void userns_allow_ping(const struct pod *pod);
