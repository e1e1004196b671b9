/* SPDX-License-Identifier: Apache-2.0 */
/* insecure - the bounds of a pod that --insecure-options gives up */
#pragma once

#include "manifest.h"

enum {
	INSECURE_CAPABILITIES = 1, /* apps keep all that root has */
	INSECURE_PATHS = 2,        /* nothing of /proc and /sys is hidden */
	INSECURE_SECCOMP = 4,      /* no system call filter */
};

/*
 * Reads a list of rkt's words ("paths,seccomp"); those that concern other
 * programs are accepted.  Returns 0, or -1 if there is an unknown one.
 */
int insecure_parse(const char *list, unsigned *flags);

/* Gives every app all capabilities, if flags say so. */
void insecure_apply(struct pod_manifest *pod, unsigned flags);

/* One warning for each. */
void insecure_warn(unsigned flags);
