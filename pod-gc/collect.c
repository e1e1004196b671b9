/* SPDX-License-Identifier: Apache-2.0 */
/* collect - remove one pod and all that it left */

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cgroup.h"
#include "collect.h"
#include "path.h"
#include "pod.h"
#include "record.h"
#include "scope.h"

/*
 * What dies with the pod's last process is not gone at once: so long is it
 * waited for, in steps, in milliseconds.
 */
enum { PATIENCE = 1000, STEP = 5 };

/* Enough for a pod in every network that there is. */
enum { NET_MAX = 64 * 1024 };

static void
step(void)
{
	const struct timespec time = { .tv_nsec = STEP * 1000000 };

	(void)nanosleep(&time, NULL);
}

static int
remove_cgroup(const struct pod *pod)
{
	for (int waited = 0;; waited += STEP) {
		if (cgroup_remove(pod) == 0)
			return 0;
		if (errno != EBUSY || waited >= PATIENCE)
			break;
		step();
	}
	warn("pod \"%s\": control group, left", pod->uuid);
	return -1;
}

/* Is there still an interface of that name?  The kernel takes 20 ms or so. */
static int
wait_for(const struct pod *pod, const char *interface)
{
	if (strlen(interface) >= IF_NAMESIZE)
		return 0;
	for (int waited = 0; if_nametoindex(interface) != 0; waited += STEP) {
		if (waited >= PATIENCE) {
			warnx("pod \"%s\": interface %s: something holds "
			      "its network namespace, left",
			    pod->uuid, interface);
			return -1;
		}
		step();
	}
	return 0;
}

static int
wait_for_network(const struct pod *pod)
{
	size_t length = 0;
	autofree char *bytes =
	    path_read(pod->dir, "net.json", NET_MAX, &length);
	autofree char *why = NULL;
	autojson json_t *net = NULL;
	const json_t *networks;

	if (bytes == NULL)
		return 0;
	net = json_parse(bytes, length, &why);
	networks = record_get(net, "networks");
	for (size_t i = 0; i < json_array_size(networks); i++) {
		const char *interface =
		    record_string(json_array_get(networks, i), "hostIf");

		if (interface != NULL && wait_for(pod, interface) < 0)
			return -1;
	}
	return 0;
}

/*
 * All that is in the pod but its lock: as long as that is there, another gc
 * sees that the pod is ours.
 */
static int
empty_directory(const struct pod *pod)
{
	int result = 0, saved = 0;
	int fd = openat(pod->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	autodir DIR *entries = fd < 0 ? NULL : fdopendir(fd);

	if (entries == NULL) {
		scope_close(&fd);
		return -1;
	}
	for (struct dirent *e; (e = readdir(entries)) != NULL;) {
		const char *name = e->d_name;

		if (!path_is_name(name) || strcmp(name, "lock") == 0)
			continue;
		if (path_remove(pod->dir, name) < 0) {
			saved = errno;
			result = -1;
		}
	}
	if (result < 0)
		errno = saved;
	return result;
}

static int
remove_directory(const struct pod *pod)
{
	autofd int place = pod_place_open(pod->place);

	if (place >= 0 && empty_directory(pod) == 0 &&
	    path_remove(place, pod->uuid) == 0)
		return 0;
	if (errno == EXDEV)
		warnx("pod \"%s\": something is mounted in it, left in %s",
		    pod->uuid, pod_place_name(pod->place));
	else
		warn("pod \"%s\": left in %s", pod->uuid,
		    pod_place_name(pod->place));
	return -1;
}

int
collect_rest(const struct pod *pod)
{
	autofd int place = pod_place_open(pod->place);

	return place >= 0 && (unlinkat(place, pod->uuid, AT_REMOVEDIR) == 0 ||
				 errno == ENOENT)
		   ? 0
		   : -1;
}

int
collect(struct pod *pod)
{
	if (remove_cgroup(pod) < 0 || wait_for_network(pod) < 0)
		return -1;
	/* So that no pod without its half is ever listed. */
	if (pod->place != POD_GARBAGE && pod_move(pod, POD_GARBAGE) < 0) {
		if (errno == ENOENT)
			return 0;
		warn("pod \"%s\": left", pod->uuid);
		return -1;
	}
	return remove_directory(pod);
}
