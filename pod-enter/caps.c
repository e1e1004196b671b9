/* SPDX-License-Identifier: Apache-2.0 */
/* caps - sets of capabilities, a bit each */

#include <linux/capability.h>
#include <stddef.h>
#include <strings.h>

#include "caps.h"

#define BIT(cap) (UINT64_C(1) << CAP_##cap)

const uint64_t caps_default =
    BIT(AUDIT_WRITE) | BIT(CHOWN) | BIT(DAC_OVERRIDE) | BIT(FSETID) |
    BIT(FOWNER) | BIT(KILL) | BIT(MKNOD) | BIT(NET_RAW) |
    BIT(NET_BIND_SERVICE) | BIT(SETUID) | BIT(SETGID) | BIT(SETPCAP) |
    BIT(SETFCAP) | BIT(SYS_CHROOT);

/* In the order of their numbers in <linux/capability.h>. */
static const char *const names[] = { "CAP_CHOWN", "CAP_DAC_OVERRIDE",
	"CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL",
	"CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE",
	"CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN",
	"CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE",
	"CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT",
	"CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE",
	"CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE",
	"CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_SETFCAP",
	"CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM",
	"CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF",
	"CAP_CHECKPOINT_RESTORE" };

/* 0 if there is no such capability. */
static uint64_t
caps_bit(const char *name)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcasecmp(names[i], name) == 0)
			return UINT64_C(1) << i;
	return 0;
}

uint64_t
caps_set(const json_t *value)
{
	const json_t *set = json_object_get(value, "set");
	uint64_t caps = 0;
	size_t i;
	json_t *name;

	json_array_foreach(set, i, name)
	{
		const char *text = json_string_value(name);
		uint64_t bit = text == NULL ? 0 : caps_bit(text);

		if (bit == 0)
			return 0;
		caps |= bit;
	}
	return caps;
}
