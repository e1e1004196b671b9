/* SPDX-License-Identifier: Apache-2.0 */
/* patience - what dies with a pod's last process is not gone at once */
#pragma once

#include <stdbool.h>

/* How long something was waited for; { 0 } at first. */
struct patience {
	int waited; /* in milliseconds */
};

/* Waits for 5 ms and is true; at once false after a second.  Keeps errno. */
bool patience_wait(struct patience *patience);
