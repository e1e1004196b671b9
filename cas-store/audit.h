/* SPDX-License-Identifier: Apache-2.0 */
/* audit - is what the store has still what it was given? */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fault.h"
#include "store.h"

/* Each returns 0, or -1 with a fault that names the file or what is wrong. */

/* A blob, whose name is the digest of its bytes. */
int audit_blob(int cas, const char *blob, struct fault *fault);

/* What is kept of a sound blob's entries, if anything is: it is read again, in
 * tmp, and must be the same. */
int audit_entries(int cas, int tmp, const char *blob, struct fault *fault);

/* What is known of an image: info.json and the manifest; EX_NOINPUT: its blobs
 * or its root file system are not all there. */
int audit_record(int cas, const char *key, struct fault *fault);

/*
 * Its root file system: an index is written again out of the blobs, a tree
 * unpacked again, both into tmp, and they must be the same.  The blobs and the
 * record are sound.  1 if it cannot be told, with fault: the dependencies are
 * others by now.
 */
int audit_root(int cas, int tmp, const char *key, struct fault *fault);

/* What the store remembers of a URL. */
int audit_remote(int cas, const char *name, struct fault *fault);

/* What a fault means: is the thing damaged, or are parts of it gone? */
bool audit_is_damaged(const struct fault *fault);
bool audit_is_incomplete(const struct fault *fault);
