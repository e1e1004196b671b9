/* SPDX-License-Identifier: Apache-2.0 */
/* share - of many pods, those that are one process's to see to */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct share {
	uint32_t number; /* of this process, from 0 */
	uint32_t count;  /* of all that share the work */
};

/* Is the pod in this share?  Each pod is in exactly one. */
bool share_has(const struct share *share, const char *uuid);

/*
 * Calls work for every share, each in a process of its own if there are many
 * pods and several processors, and returns when all are done.  What work does
 * must be safe beside another gc, as all of it is: each process takes the locks
 * of its pods itself.  Those that are not the caller end with it.  Returns 0,
 * or -1 and the errno of one that failed; EINTR: it was ended by a signal.
 */
int share_out(size_t pods, int (*work)(const struct share *share, void *data),
    void *data);
