/* SPDX-License-Identifier: Apache-2.0 */
/* limits - the resource limits of every app */

#include <err.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "limits.h"

static bool
may_raise(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct sets[2];

	return syscall(SYS_capget, &header, sets) == 0 &&
	       (sets[0].effective & UINT32_C(1) << CAP_SYS_RESOURCE) != 0;
}

void
limits_report(void)
{
	struct rlimit own;

	if (may_raise())
		return;
	for (const struct app_limit *l = app_limits; l->name != NULL; l++)
		if (getrlimit(l->resource, &own) == 0 &&
		    own.rlim_max < l->limit.rlim_cur)
			warnx("%s: only %llu, and %llu would take "
			      "CAP_SYS_RESOURCE",
			    l->name, (unsigned long long)own.rlim_max,
			    (unsigned long long)l->limit.rlim_cur);
}

void
limits_raise_own(void)
{
	struct rlimit own;

	if (getrlimit(RLIMIT_NOFILE, &own) < 0)
		return;
	own.rlim_cur = own.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &own);
}
