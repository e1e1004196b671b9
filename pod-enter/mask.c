/* SPDX-License-Identifier: Apache-2.0 */
/* mask - what of /proc and /sys is hidden from apps, or read-only for them */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

#include "mask.h"
#include "mount.h"
#include "prog.h"
#include "scope.h"

/* Read by the kernel for whoever asks: addresses, keys, other pods' doings. */
static const char *const files[] = {
	"proc/config.gz",
	"proc/interrupts",
	"proc/kallsyms",
	"proc/kcore",
	"proc/keys",
	"proc/kmsg",
	"proc/kpagecgroup",
	"proc/kpagecount",
	"proc/kpageflags",
	"proc/latency_stats",
	"proc/pagetypeinfo",
	"proc/sched_debug",
	"proc/slabinfo",
	"proc/timer_list",
	"proc/timer_stats",
	"proc/vmallocinfo",
};

/*
 * A fresh sysfs has nothing mounted at kernel/debug, kernel/tracing,
 * kernel/security or fs/selinux, so they are empty as they are.
 */
static const char *const directories[] = {
	"proc/acpi",
	"proc/asound",
	"proc/scsi",
	"sys/dev/block",
	"sys/devices/virtual/powercap",
	"sys/firmware",
	"sys/hypervisor",
	"sys/module",
	"sys/power",
};

/* What a processor tells of its temperature is a side channel, too. */
#define THROTTLE "sys/devices/system/cpu/cpu%u/thermal_throttle"

static const char *const read_only[] = {
	"proc/bus",
	"proc/fs",
	"proc/irq",
	"proc/sys",
	"proc/sysrq-trigger",
};

/* What the kernel was not built with is not there. */
static bool
is_absent(void)
{
	return errno == ENOENT;
}

/*
 * Covers a directory with the first such cover, or makes that.  One empty
 * read-only file system is enough for all of them.
 */
static bool
cover(const char *path, char first[64])
{
	autofd int empty = -1;

	if (*first != '\0')
		return mount(first, path, NULL, MS_BIND, NULL) == 0;
	if (access(path, F_OK) < 0)
		return false;
	empty = mount_new("tmpfs", NULL,
	    MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
		MOUNT_ATTR_NOEXEC);
	if (empty < 0 || mount_attach(empty, AT_FDCWD, path) < 0)
		prog_die("/%s", path);
	(void)snprintf(first, 64, "%s", path);
	return true;
}

static void
cover_throttles(char first[64])
{
	char path[64];

	for (unsigned cpu = 0;; cpu++) {
		(void)snprintf(path, sizeof path, THROTTLE, cpu);
		if (!cover(path, first)) {
			if (!is_absent())
				prog_die("/%s", path);
			return;
		}
	}
}

void
mask_apply(void)
{
	const unsigned long flags =
	    MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
	char first[64] = "";

	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		if (mount("/dev/null", files[i], NULL, MS_BIND, NULL) < 0 &&
		    !is_absent())
			prog_die("/%s", files[i]);
	for (size_t i = 0; i < sizeof directories / sizeof *directories; i++)
		if (!cover(directories[i], first) && !is_absent())
			prog_die("/%s", directories[i]);
	cover_throttles(first);
	for (size_t i = 0; i < sizeof read_only / sizeof *read_only; i++) {
		const char *path = read_only[i];

		if (mount(path, path, NULL, MS_BIND, NULL) == 0
			? mount(NULL, path, NULL, flags, NULL) < 0
			: !is_absent())
			prog_die("/%s", path);
	}
}
