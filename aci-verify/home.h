/* SPDX-License-Identifier: Apache-2.0 */
/* home - gpg's home directory for one call: private, and gone afterwards */
#pragma once

#include "keystore.h"

/*
 * For root a file system in memory that is mounted nowhere, and goes with the
 * last process that has it; for others a directory in cas/tmp.
 */
struct home {
	char *path; /* absolute: GNUPGHOME, for who has entered */
	int tmp;    /* cas/tmp, in which it lies; -1: in memory */
	int fd;     /* the directory, held under a lock */
};

/*
 * Makes one whose key ring holds the first copy of each key of the store and
 * nothing else (NULL: none) and in which those, named by their fingerprints,
 * are trusted.  First removes what a killed process left, which is what nobody
 * has locked.
 * Returns 0, or -1 and errno (EBADMSG: the store belongs to rkt 1.x) and
 * *failed, what it is about, which the caller frees.
 */
int home_make(struct home *home, const struct keystore *store, char **failed);

/*
 * For a process that is to work there: from here on it has no right but those
 * of confine_gpg in this home, which root finds at /tmp.  Returns 0, or -1 and
 * errno.
 */
int home_enter(const struct home *home);

/* Removes it with all that is in it.  Call it on every way out. */
void home_remove(struct home *home);
