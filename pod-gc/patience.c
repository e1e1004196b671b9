/* SPDX-License-Identifier: Apache-2.0 */
/* patience - what dies with a pod's last process is not gone at once */

#include <errno.h>
#include <time.h>

#include "patience.h"

enum { LONGEST = 1000, STEP = 5 }; /* in milliseconds */

bool
patience_wait(struct patience *patience)
{
	const struct timespec time = { .tv_nsec = STEP * 1000000 };
	const int saved = errno;

	if (patience->waited >= LONGEST)
		return false;
	(void)nanosleep(&time, NULL);
	errno = saved;
	patience->waited += STEP;
	return true;
}
