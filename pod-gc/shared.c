/* SPDX-License-Identifier: Apache-2.0 */
/* shared - what several pods have in common, and who has none of it left */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>

#include "alloc.h"
#include "bridges.h"
#include "dirs.h"
#include "masquerade.h"
#include "network.h"
#include "path.h"
#include "pod.h"
#include "record.h"
#include "scope.h"
#include "shared.h"
#include "string-list.h"

/* The members of a pod's net.json that say which rules it needs. */
static const char *const rules[] = { "masquerade", "masquerade6", "guard6" };
enum { RULES = sizeof rules / sizeof *rules };

/* The images that are mounted, by name, and which of them is used. */
struct mounted {
	struct strings keys;
	bool *used;
};

/* None, if the directory is not there. */
static int
read_mounted(const char *path, struct mounted *mounted)
{
	autofd int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*mounted = (struct mounted){ 0 };
	if (dir < 0 ? errno != ENOENT : path_names(dir, &mounted->keys) < 0)
		return -1;
	mounted->used = xcalloc(mounted->keys.count + 1, sizeof(bool));
	return 0;
}

static void
free_mounted(struct mounted *mounted)
{
	strings_free(&mounted->keys);
	free(mounted->used);
}

static int
note_images(struct pod *pod, void *data)
{
	struct mounted *mounted = data;

	for (size_t i = 0; i < mounted->keys.count; i++) {
		autofree char *index = NULL;

		if (mounted->used[i])
			continue;
		index = xasprintf("%s.index", mounted->keys.list[i]);
		mounted->used[i] = faccessat(pod->dir, index, F_OK,
				       AT_SYMLINK_NOFOLLOW) == 0 ||
				   errno != ENOENT;
	}
	return 0;
}

/* All of them, one over the other if so; none is no error. */
static int
unmount(const char *path)
{
	while (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		continue;
	return errno == EINVAL || errno == ENOENT ? 0 : -1;
}

static int
unmount_unused(const char *path, const struct mounted *mounted)
{
	size_t left = mounted->keys.count;
	int result = 0;

	for (size_t i = 0; i < mounted->keys.count; i++) {
		autofree char *mount =
		    xasprintf("%s/%s", path, mounted->keys.list[i]);

		if (mounted->used[i])
			continue;
		if (unmount(mount) < 0 ||
		    unlinkat(AT_FDCWD, mount, AT_REMOVEDIR) < 0) {
			warn("%s", mount);
			result = -1;
			continue;
		}
		left--;
	}
	/* The directory is a mount of its own only while it has mounts. */
	if (left == 0 && unmount(path) < 0) {
		warn("%s", path);
		result = -1;
	}
	return result;
}

/* As cas-store does before it mounts.  -1 and errno; ENOENT: it never did. */
static int
lock_mounts(void)
{
	autofree char *path = xasprintf("%s/mnt.lock", dirs_run());
	autofd int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		return -1;
	return take_fd(&fd);
}

int
shared_unmount(void)
{
	autofree char *path = xasprintf("%s/mnt", dirs_run());
	autofd int lock = lock_mounts();
	struct mounted mounted;
	int result = 0;

	if (lock < 0 && errno == ENOENT)
		return 0;
	if (lock < 0) {
		warn("%s.lock", path);
		return -1;
	}
	result = read_mounted(path, &mounted);
	for (enum pod_place place = 0;
	     place < POD_PLACES && mounted.keys.count > 0 && result == 0;
	     place++)
		result = pod_each(place, note_images, &mounted);
	if (result < 0)
		warn("%s", path);
	else
		result = unmount_unused(path, &mounted);
	free_mounted(&mounted);
	return result;
}

/* One network that a running pod names. */
static int
keep(const json_t *network)
{
	static int (*const keepers[])(const char *, const struct subnet *) = {
		masquerade_keep, masquerade_keep, masquerade_guard
	};
	const char *name = record_string(network, "name");
	autofd int lock = name == NULL ? -1 : masquerade_lock(name);
	struct subnet subnet;

	if (lock < 0)
		return -1;
	for (size_t i = 0; i < RULES; i++) {
		const char *text = record_string(network, rules[i]);

		if (text != NULL && subnet_parse(text, &subnet) == 0 &&
		    keepers[i](name, &subnet) < 0)
			return -1;
	}
	return 0;
}

/* Each network once: by its name and its rules. */
static int
note_networks(struct pod *pod, void *data)
{
	autojson json_t *net = NULL;
	const json_t *networks;
	json_t *all = data;

	if (pod_locked(pod) != 1)
		return 0;
	/* That it cannot be is said; the others' rules are no worse for it. */
	if (network_read(pod, "net.json", &net) < 0)
		return 0;
	networks = record_get(net, "networks");
	for (size_t i = 0; i < json_array_size(networks); i++) {
		json_t *network = json_array_get(networks, i);
		const char *name = record_string(network, "name");
		autofree char *key = xstrdup(name == NULL ? "" : name);
		size_t length = strlen(key);

		for (size_t k = 0; k < RULES; k++) {
			const char *rule = record_string(network, rules[k]);
			autofree char *shorter = key;

			key = xasprintf(
			    "%s %s", shorter, rule == NULL ? "" : rule);
		}
		if (name != NULL && strlen(key) > length + RULES)
			(void)json_object_set(all, key, network);
	}
	return 0;
}

int
shared_networks(void)
{
	autojson json_t *all = json_object();
	const char *key;
	json_t *network;
	int result = pod_each(POD_RUN, note_networks, all);

	json_object_foreach(all, key, network)
	{
		if (keep(network) < 0)
			result = -1;
	}
	/* Before the rules: a bridge's route to its subnet holds them. */
	if (bridges_drop_unused() < 0 || masquerade_drop_unused() < 0)
		result = -1;
	if (result < 0)
		warn("networks");
	return result;
}
