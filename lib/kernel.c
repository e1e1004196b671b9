/* SPDX-License-Identifier: Apache-2.0 */
/* kernel - the version of Linux, where a try would tell too late */

#include <stdlib.h>
#include <sys/utsname.h>

#include "kernel.h"

const char *
kernel_release(void)
{
	static struct utsname name;

	/* It fails only for an address that is none. */
	if (*name.release == '\0')
		(void)uname(&name);
	return name.release;
}

bool
kernel_is_before(unsigned major, unsigned minor)
{
	char *end;
	unsigned long its_major = strtoul(kernel_release(), &end, 10);
	unsigned long its_minor = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;

	return its_major < major || (its_major == major && its_minor < minor);
}
