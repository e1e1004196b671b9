/* SPDX-License-Identifier: Apache-2.0 */
/* apart - a child process that gives up its rights before it begins */
#pragma once

#include <stddef.h>
#include <sys/types.h>

struct confine;

/*
 * fork(2).  The child has the count descriptors of keep, which this sorts, and
 * no other (not 0, 1 and 2 either), and no right but those of plan (confine.h);
 * it dies when we die, and ends with EX_OSERR if all this cannot be done.
 */
pid_t apart_fork(const struct confine *plan, int *keep, size_t count);

/* Waits for it: its wait status. */
int apart_wait(pid_t pid);
