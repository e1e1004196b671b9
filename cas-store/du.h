/* SPDX-License-Identifier: Apache-2.0 */
/* du - how much room the images of the store take */
#pragma once

/*
 * Prints for each image the bytes of its files, those of them that no other
 * has, and its key and name; at the end the bytes of all, each file once.
 * Sizes are apparent ones (st_size).  Returns 0, or -1 and errno.
 */
int du_print(int cas);
