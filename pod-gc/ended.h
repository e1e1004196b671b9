/* SPDX-License-Identifier: Apache-2.0 */
/* ended - has a pod ended, and when was it found to have */
#pragma once

#include <stdint.h>

struct pod;

/*
 * Takes the lock of a pod that has ended, or never ran: its lock is free and
 * its process is gone, for which this waits a moment, since the lock is free
 * first.  Returns the lock's descriptor, or -1 and errno; EAGAIN: it has not
 * ended, or somebody else has the lock; ENOENT: it has no lock.
 */
int ended_lock(const struct pod *pod);

/*
 * Notes the time in the pod's lock, which the caller has, before the pod is
 * moved to exited-garbage: by a clock that nobody sets.  0, or -1 and errno.
 */
int ended_mark(int lock);

/*
 * Nanoseconds since the pod was moved to where it is, never negative: by the
 * change time of its directory and, if it was marked in this boot, by that
 * mark, the smaller of both, so that setting the clock deletes nothing early.
 */
int64_t ended_age(const struct pod *pod);
