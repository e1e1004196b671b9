/* SPDX-License-Identifier: Apache-2.0 */
/* partial - the beginning of an image, in the store for another run */
#pragma once

#include <stdint.h>

/*
 * Opens what an earlier run has left of the image at url, for nobody else to
 * go on with as well.  Returns a descriptor, at its end, and *etag, which it
 * had and the caller frees; or -1 if there is nothing.  Its name is there until
 * partial_drop(), but it is of no use until partial_keep().
 */
int partial_take(const char *url, char **etag);
void partial_drop(const char *url);

/*
 * Keeps the file, as far as it has come, in place of what may be there.  Says
 * nothing if it cannot: it is downloaded again then.
 */
void partial_keep(int fd, const char *url, const char *etag);
