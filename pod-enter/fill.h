/* SPDX-License-Identifier: Apache-2.0 */
/* fill - a volume that begins with what the image has in its place */
#pragma once

/*
 * Copies what the directory path of the image whose root is the descriptor
 * lower holds into the directory to, which also gets its owner and mode.  The
 * path is the image's choice: it is resolved inside the image.  Files,
 * directories, symbolic links and fifos are copied with owner, mode, times and
 * extended attributes; devices and sockets are not.  An image that has no such
 * directory has nothing to copy.  Returns 0, or -1 and errno.
 */
int fill_volume(int lower, const char *path, int to);
