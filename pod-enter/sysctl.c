/* SPDX-License-Identifier: Apache-2.0 */
/* sysctl - kernel settings of a pod: those that are its namespaces' own */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "escape.h"
#include "kernel.h"
#include "manifest.h"
#include "path.h"
#include "prog.h"
#include "publish.h"
#include "scope.h"
#include "sysctl.h"

/* Paths below /proc/sys; one that ends in / is of all that lies there. */
static const char *const namespaced[] = {
	"fs/mqueue/",
	"kernel/msgmax",
	"kernel/msgmnb",
	"kernel/msgmni",
	"kernel/sem",
	"kernel/shm_rmid_forced",
	"kernel/shmall",
	"kernel/shmmax",
	"kernel/shmmni",
};

/*
 * The path of a setting, as sysctl(8) has it: if a dot is first, dots separate
 * and a slash stands for a dot (net.ipv4.conf.eth0/1.rp_filter).
 */
static char *
setting_path(const char *key)
{
	char *path = xstrdup(key);

	if (path[strcspn(path, "./")] == '/')
		return path;
	for (char *p = path; *p != '\0'; p++)
		if (*p == '.')
			*p = '/';
		else if (*p == '/')
			*p = '.';
	return path;
}

static bool
is_namespaced(const char *path)
{
	for (size_t i = 0; i < sizeof namespaced / sizeof *namespaced; i++) {
		const char *name = namespaced[i];
		size_t length = strlen(name);

		if (name[length - 1] == '/' ? strncmp(path, name, length) == 0
					    : strcmp(path, name) == 0)
			return true;
	}
	return false;
}

static const char *
setting_refusal(const char *path, bool own_network)
{
	if (strncmp(path, "net/", 4) == 0)
		return own_network ? NULL
				   : "the network is the host's: use --net";
	if (strcmp(path, "kernel/hostname") == 0 ||
	    strcmp(path, "kernel/domainname") == 0)
		return "the name is the pod's own already: use --hostname";
	return is_namespaced(path) ? NULL : "it is the whole machine's";
}

char *
sysctl_refusal(const struct isolator *isolator, bool own_network)
{
	const char *key;
	json_t *value;

	json_object_foreach(isolator->value, key, value)
	{
		autofree char *path = setting_path(key);
		autofree char *shown = escape(key);
		const char *why = setting_refusal(path, own_network);

		if (why != NULL)
			return xasprintf("%s: %s", shown, why);
	}
	return NULL;
}

static void
apply(int settings, const struct isolator *isolator)
{
	const char *key;
	json_t *value;

	json_object_foreach(isolator->value, key, value)
	{
		autofree char *path = setting_path(key);
		autofree char *shown = escape(key);
		const char *text = json_string_value(value);
		autofd int fd = beneath_open(settings, path, O_WRONLY, 0);

		if (fd < 0 || write_all(fd, text, strlen(text)) < 0)
			prog_die("pod: isolator %s: %s", isolator->name, shown);
	}
}

void
sysctls_apply(const struct pod_manifest *manifest)
{
	autofd int settings = -1;

	for (size_t i = 0; i < manifest->isolator_count; i++) {
		if (strcmp(manifest->isolators[i].name, "os/unix/sysctl") != 0)
			continue;
		if (settings < 0)
			settings =
			    open("/proc/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (settings < 0)
			prog_die("/proc/sys");
		apply(settings, &manifest->isolators[i]);
	}
}

void
sysctl_bound_pids(int count)
{
	autofd int fd = -1;
	char text[16];

	if (kernel_is_before(6, 14))
		return;
	fd = open("/proc/sys/kernel/pid_max", O_WRONLY | O_CLOEXEC);
	(void)snprintf(text, sizeof text, "%d", count);
	if (fd >= 0)
		(void)write_all(fd, text, strlen(text));
}
