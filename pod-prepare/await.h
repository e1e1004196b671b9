/* SPDX-License-Identifier: Apache-2.0 */
/* await - wait until a pod has started, or ended */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct pod;

enum await { AWAIT_END, AWAIT_START };

/*
 * Waits for nanoseconds at most, for ever if they are negative.  An end is
 * whatever a pod does not come back from; it is a start too, that is over.
 * Returns 0, or -1 and errno: EAGAIN: the time is over; ENOENT: the pod was
 * removed.  *pod is opened anew, since it moves on meanwhile.
 */
int await(struct pod *pod, enum await what, int64_t nanoseconds);
