/* SPDX-License-Identifier: Apache-2.0 */
/* kernel - the version of Linux, where a try would tell too late */
#pragma once

#include <stdbool.h>

/* Is it older than major.minor?  By its release alone, as uname(2) has it. */
bool kernel_is_before(unsigned major, unsigned minor);

/* What it calls itself, "6.1.0-9-amd64". */
const char *kernel_release(void);
