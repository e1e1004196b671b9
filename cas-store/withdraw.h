/* SPDX-License-Identifier: Apache-2.0 */
/* withdraw - damaged parts out of the store, so that they are fetched again */
#pragma once

/*
 * Nothing that has a name in the store is ever written again: what is damaged
 * loses its name, and whoever stores it next gives it to a new file.  A pod
 * that has it keeps it.  The store's lock is held.  Each returns 0, or -1 and
 * errno; what is not there is no error.
 */

/* A file below the store. */
int withdraw_file(int cas, const char *path);

/* What is known of an image: it is no image any more. */
int withdraw_record(int cas, const char *key);

/* The root file system of an image, and its shared mount. */
int withdraw_root(int cas, const char *key);
