/* SPDX-License-Identifier: Apache-2.0 */
/* uids - the ids of the host that a pod's users are */
#pragma once

#include <stdint.h>

struct pod;

/*
 * Ranges are those that systemd sets apart for containers (its page
 * "UIDS-GIDS"), without what subuid(5) and subgid(5) have given to users.
 */
enum { UIDS_COUNT = 65536, UIDS_FIRST = 524288, UIDS_LAST = 1878982656 };

/*
 * A range of UIDS_COUNT ids for the pod: RKT_RUN/uids/FIRST is a symbolic link
 * to its UUID, which nobody else can make then, and POD/uids one to FIRST,
 * made before.  A pod that has one keeps it, since it owns its files.  0 with
 * *first, or -1 and errno; EUSERS: all are taken; EBUSY: the pod's own has
 * become another's.
 */
int uids_take(const struct pod *pod, uint32_t *first);

/* The range that it has, or -1 and errno; ENOENT: none. */
int uids_of(const struct pod *pod, uint32_t *first);

/* Gives it back.  0, also if there is none, or -1 and errno. */
int uids_free(const struct pod *pod);

/* Of a pod that has no files by it: the pod's own link goes, too. */
int uids_leave(const struct pod *pod);
