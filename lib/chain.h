/* SPDX-License-Identifier: Apache-2.0 */
/* chain - programs that become one another until the pod runs */
#pragma once

struct pod;

/* The fixed descriptors of a chain; rkt-pod(5), "CHAIN". */
enum { CHAIN_LOCK = 3, CHAIN_OWNER = 4, CHAIN_HOST_NET = 5 };

/* What is to be read from CHAIN_OWNER first, if it is what it must be. */
#define CHAIN_OWNER_MARK "rkt-ports"

/*
 * For chain loaders: takes the lock of the pod, or finds that descriptor
 * CHAIN_LOCK is that lock already (same file as POD/lock), places it there
 * without O_CLOEXEC, and moves the pod from prepared to run; one
 * that has ended and is still there runs again.  Returns 0 with
 * *pod open, or -1 with *why, which the caller frees.
 */
int chain_enter(const char *uuid, struct pod *pod, char **why);
