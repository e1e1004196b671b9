/* SPDX-License-Identifier: Apache-2.0 */
/* collect - remove one pod and all that it left */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "collect.h"
#include "network.h"
#include "path.h"
#include "patience.h"
#include "pod.h"
#include "scope.h"
#include "uids.h"

static int
remove_cgroup(const struct pod *pod)
{
	struct patience patience = { 0 };

	do
		if (cgroup_remove(pod) == 0)
			return 0;
	while (errno == EBUSY && patience_wait(&patience));
	warn("pod \"%s\": control group, left", pod->uuid);
	return -1;
}

static int
remove_directory(const struct pod *pod)
{
	autofd int place = pod_place_open(pod->place);

	/* As long as its lock is there, another gc sees that it is ours. */
	if (place >= 0 && path_empty(pod->dir, "lock") == 0 &&
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
