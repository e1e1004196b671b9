/* SPDX-License-Identifier: Apache-2.0 */
/* holder - a process that does nothing but be in new namespaces */
#pragma once

#include <stdint.h>
#include <sys/types.h>

/* It ends when the descriptor is closed, hence at the latest with us. */
struct holder {
	pid_t pid;
	int pipe;
};

/* Makes one in namespaces of its own (CLONE_NEW…).  0, or -1 and errno. */
int holder_make(struct holder *holder, uint64_t spaces);

/* Maps UIDS_COUNT users and groups of its user namespace, from inside on. */
int holder_map(const struct holder *holder, uint32_t inside, uint32_t outside);

/*
 * Opens a file of /proc/PID, "ns/user" say, above the descriptors of a chain.
 * Returns it, or -1 and errno.
 */
int holder_open(const struct holder *holder, const char *file, int flags);

/* Ends it; what was opened of its namespaces keeps them. */
void holder_end(struct holder *holder);
