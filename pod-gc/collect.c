/* SPDX-License-Identifier: Apache-2.0 */
/* collect - remove one pod and all that it left */

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cgroup.h"
#include "collect.h"
#include "network.h"
#include "path.h"
#include "pod.h"
#include "scope.h"
#include "uids.h"

/*
 * What dies with the pod's last process is not gone at once: so long is it
 * waited for, in steps, in milliseconds.
 */
enum { PATIENCE = 1000, STEP = 5 };

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
		if (path_remove_as(pod->dir, name, e->d_type) < 0) {
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
	    path_remove_as(place, pod->uuid, DT_DIR) == 0)
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
	if (remove_cgroup(pod) < 0 || network_unmake(pod) < 0)
		return -1;
	/*
	 * So that no pod without its half is ever listed, if the disk has room
	 * for one more name.
	 */
	if (pod->place != POD_GARBAGE && pod_move(pod, POD_GARBAGE) < 0 &&
	    errno != ENOSPC && errno != EDQUOT) {
		if (errno == ENOENT)
			return 0;
		warn("pod \"%s\": left", pod->uuid);
		return -1;
	}
	if (uids_free(pod) < 0) {
		warn("pod \"%s\": user ids, left", pod->uuid);
		return -1;
	}
	return remove_directory(pod);
}
