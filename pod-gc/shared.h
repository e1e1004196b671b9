/* SPDX-License-Identifier: Apache-2.0 */
/* shared - what several pods have in common, and who has none of it left */
#pragma once

/*
 * Unmounts the images below RKT_RUN/mnt that no pod directory links.  A mount
 * in use by a pod's own namespace lives on there.  Returns 0, or -1 after a
 * line on stderr; so does the next one.
 */
int shared_unmount(void);

/*
 * Makes the rules of the networks of running pods again, should they be gone,
 * and removes the rules and the bridges of networks without any pod.
 */
int shared_networks(void);
