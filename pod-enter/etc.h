/* SPDX-License-Identifier: Apache-2.0 */
/* etc - the files of /etc that a pod's network and name decide */
#pragma once

/*
 * Gives an image whose /etc is a directory, or not there, what it lacks of
 * resolv.conf (the host's), hosts (localhost and the host name), hostname, and
 * mtab.  What the image has under these names, it keeps.  lower is its root
 * directory, upper that of the pod's own layer, in which nothing runs yet: to
 * write there costs a quarter of writing through the overlay.  What fails ends
 * the process.
 */
void etc_fill(int lower, int upper, const char *hostname);
