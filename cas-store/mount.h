/* SPDX-License-Identifier: Apache-2.0 */
/* mount - an image's index as a file system */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * A mount of the index, with the archives it points to in their order, that
 * is in no place yet: read-only, nosuid, nodev.  All are descriptors, so that
 * nothing is looked up twice.  Returns a descriptor, or -1 and errno; ENOTBLK:
 * this kernel or the file system of the index cannot.
 */
int mount_index(int index, const int *devices, size_t count);

/* Can this index be mounted, here and now?  Tries it, and leaves nothing. */
bool mount_works(int index, const int *devices, size_t count);

/*
 * The shared mount of an image, RKT_RUN/mnt/KEY, made if it is not there.
 * dir holds the index and the archives, at the names given.  Returns its
 * absolute path, which the caller frees, or NULL and errno.
 */
char *mount_shared(int dir, const char *key, const char *index,
    char *const *devices, size_t count);

/* Takes it away.  0 also if it is not there; -1 and errno, EBUSY: in use. */
int mount_remove(const char *key);

/* The same though it is in use: whoever has it keeps it, nobody finds it. */
int mount_detach(const char *key);
