/* SPDX-License-Identifier: Apache-2.0 */
/* chain - programs that become one another until the pod runs */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "chain.h"
#include "pod.h"
#include "scope.h"

/* Is descriptor fd the pod's lock, taken by the loader before us? */
static bool
is_lock(const struct pod *pod, int fd)
{
	struct flock whole = { .l_type = F_WRLCK };
	struct stat mine, its;

	return fstat(fd, &mine) == 0 &&
	       fstatat(pod->dir, "lock", &its, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(mine.st_mode) && mine.st_dev == its.st_dev &&
	       mine.st_ino == its.st_ino &&
	       /* Ours already, or nobody's: then it is now. */
	       fcntl(fd, F_OFD_SETLK, &whole) == 0;
}

/*
 * One that ran is to run again, and stays where it is: its directory is still
 * that one, and the process that had the lock is gone, since the kernel closes
 * its files first.  Its number goes, so that the pod has none until it runs.
 */
static int
take_again(const struct pod *pod, char **why)
{
	autofd int run = pod_place_open(POD_RUN);
	autofd int process = -1;
	struct stat mine, its;
	pid_t pid;

	if (run < 0 || fstatat(run, pod->uuid, &its, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fstat(pod->dir, &mine) < 0 || mine.st_dev != its.st_dev ||
	    mine.st_ino != its.st_ino) {
		*why = xasprintf("pod %s: garbage, not prepared", pod->uuid);
		return -1;
	}
	process = pod_pid_open(pod, &pid);
	if (process >= 0) {
		*why = xasprintf("pod %s: in use", pod->uuid);
		return -1;
	}
	if (unlinkat(pod->dir, "pid", 0) < 0 && errno != ENOENT) {
		*why = xasprintf("pod %s: %s", pod->uuid, strerror(errno));
		return -1;
	}
	return 0;
}

/* Takes the lock of a pod that does not run, and with it the pod. */
static int
take(struct pod *pod, char **why)
{
	autofd int lock = pod_lock(pod);

	if (lock < 0) {
		*why = xasprintf("pod %s: %s", pod->uuid,
		    errno == EAGAIN ? "in use" : strerror(errno));
		return -1;
	}
	if (dup2(lock, CHAIN_LOCK) < 0 ||
	    (lock == CHAIN_LOCK && fcntl(lock, F_SETFD, 0) < 0)) {
		*why = xasprintf("pod %s: %s", pod->uuid, strerror(errno));
		return -1;
	}
	if (lock == CHAIN_LOCK)
		(void)take_fd(&lock);
	if (pod->place == POD_RUN)
		return take_again(pod, why);
	if (pod_move(pod, POD_RUN) < 0) {
		*why = xasprintf("pod %s: %s", pod->uuid,
		    errno == ENOENT ? "not prepared" : strerror(errno));
		return -1;
	}
	return 0;
}

int
chain_enter(const char *uuid, struct pod *pod, char **why)
{
	if (pod_open(uuid, pod) < 0) {
		*why = xasprintf("pod %s: %s", uuid,
		    errno == ENOENT   ? "no such pod"
		    : errno == EINVAL ? "not a UUID"
				      : strerror(errno));
		return -1;
	}
	/* Descriptors 3 to 5 are the chain's: the pod's must lie above. */
	if (pod->dir <= CHAIN_HOST_NET) {
		int above =
		    fcntl(pod->dir, F_DUPFD_CLOEXEC, CHAIN_HOST_NET + 1);

		if (above < 0) {
			*why = xasprintf("pod %s: %s", uuid, strerror(errno));
			return -1;
		}
		(void)close(pod->dir);
		pod->dir = above;
	}
	if (pod->place == POD_RUN && is_lock(pod, CHAIN_LOCK))
		return 0;
	if (pod->place != POD_PREPARED && pod_state(pod) != POD_IS_EXITED) {
		*why = xasprintf("pod %s: %s, not prepared", uuid,
		    pod_state_name(pod_state(pod)));
		return -1;
	}
	return take(pod, why);
}
