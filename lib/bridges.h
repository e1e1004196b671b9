/* SPDX-License-Identifier: Apache-2.0 */
/* bridges - those that we made, by the group that they were born in */
#pragma once

/* "rkt": the kernel gives a link its group as it makes it, hence it is sure. */
enum { BRIDGES_GROUP = 0x726b74 };

/* Held while one is made and gets a port, or is removed.  -1 and errno. */
int bridges_lock(void);

/* Removes those that have no port.  Returns 0, or -1 and errno. */
int bridges_drop_unused(void);
