/* SPDX-License-Identifier: Apache-2.0 */
/* pod - pod directories: where a pod is in its life, and its lock */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "uuid.h"

/*
 * The directories below pods/, in the order of a pod's life; a pod is moved
 * from one to the next by a rename of its directory.  rkt-pod(5) has them.
 */
enum pod_place {
	POD_EMBRYO,
	POD_PREPARE,
	POD_PREPARED,
	POD_RUN,
	POD_EXITED_GARBAGE,
	POD_GARBAGE,
	POD_PLACES
};

struct pod {
	char uuid[UUID_SIZE];
	enum pod_place place;
	int dir; /* of the pod, O_RDONLY|O_DIRECTORY|O_CLOEXEC */
};

/* As much as there is in its file "lock", in bytes. */
enum { POD_LOCK_MAX = 128 };

/* The name of a place's directory: "embryo", "exited-garbage". */
const char *pod_place_name(enum pod_place place);

/* A descriptor (O_PATH) of pods/PLACE, which is made if missing.  -1, errno. */
int pod_place_open(enum pod_place place);

/*
 * Opens the pod of this UUID wherever it is now.  Returns 0 with pod->dir
 * open, or -1 and errno; ENOENT: no such pod; EINVAL: not a UUID.
 */
int pod_open(const char *uuid, struct pod *pod);

/*
 * The full UUID for an unambiguous beginning of one.  Returns the number of
 * pods that it fits (1: uuid is filled in), or -1 and errno.
 */
int pod_resolve(const char *beginning, char uuid[UUID_SIZE]);

/* Moves the pod on.  0, or -1 and errno (ENOENT: somebody else did). */
int pod_move(struct pod *pod, enum pod_place to);

/*
 * Takes the pod's lock: an open file description lock (F_OFD_SETLK) for
 * writing on its file "lock", so it lives as long as any copy of the
 * descriptor, across fork and exec.  Returns the descriptor (O_CLOEXEC), or
 * -1 and errno; EAGAIN: held by somebody, or removed by who held it.
 */
int pod_lock(const struct pod *pod);

/*
 * The same for reading: who has it keeps a gc away, as others may do at the
 * same time, but does not run the pod, and is not asked about below.
 */
int pod_share(const struct pod *pod);

/*
 * An embryo has no lock at first.  Who makes one holds the place, together
 * with others, from before its directory is there until it has the pod's lock;
 * who holds it alone knows that an unlocked embryo is nobody's.  Returns a
 * descriptor, or -1 and errno; EAGAIN: alone, and others hold it.
 */
int pod_embryos_hold(bool alone);

/* Is it held?  Asked with F_OFD_GETLK, which disturbs nobody.  -1 and errno. */
int pod_locked(const struct pod *pod);

/*
 * The process of pod-init: the pod's file "pid" has its number in the host's
 * pid namespace and its start time (field 22 of /proc/PID/stat), so that a
 * number used again is not mistaken for it.
 *
 * pod_pid_write() records pid.  pod_pid_open() returns a pidfd of the living
 * process and *pid, or -1 and errno; ESRCH: it is gone, or never was.
 */
int pod_pid_write(const struct pod *pod, pid_t pid);
int pod_pid_open(const struct pod *pod, pid_t *pid);

/* What a pod is said to be; the names are rkt's. */
enum pod_state {
	POD_IS_EMBRYO,
	POD_IS_PREPARING,
	POD_IS_ABORTED_PREPARE,
	POD_IS_PREPARED,
	POD_IS_RUNNING,
	POD_IS_EXITED,
	POD_IS_EXITED_GARBAGE,
	POD_IS_EXITED_DELETING,
	POD_IS_GARBAGE,
	POD_IS_DELETING,
};

/*
 * Derived from the place, the lock and the process, never from a record: a
 * pod in run has ended when its lock is free and its process is gone (the
 * kernel closes the files of pid 1 before the rest of the namespace is dead).
 */
enum pod_state pod_state(const struct pod *pod);
const char *pod_state_name(enum pod_state state); /* "aborted prepare" */

/*
 * Makes the places if one is missing, so that none has to be made for a gc on
 * a disk that is full.  Returns 0, or -1 and errno.
 */
int pod_places_make(void);

/* How many pods a place has; 0 also if it cannot be read. */
size_t pod_count(enum pod_place place);

/*
 * Calls visit for each pod of a place, in the order of UUIDs; a pod that
 * vanishes meanwhile is left out, pod->dir is closed afterwards.  Ends early
 * when visit returns other than 0, and returns that; -1 and errno if the
 * place cannot be read.
 */
int pod_each(enum pod_place place, int (*visit)(struct pod *pod, void *data),
    void *data);
