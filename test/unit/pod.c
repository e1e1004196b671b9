/* SPDX-License-Identifier: Apache-2.0 */
/* pod - test of lib/pod.c, lib/uuid.c and lib/dirs.c */

#undef NDEBUG
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chain.h"
#include "dirs.h"
#include "path.h"
#include "pod.h"
#include "publish.h"
#include "scope.h"

static void
make_pod(enum pod_place place, const char *uuid, struct pod *pod)
{
	autofd int above = pod_place_open(place);

	assert(above >= 0 && mkdirat(above, uuid, 0700) == 0);
	assert(pod_open(uuid, pod) == 0 && pod->place == place);
	assert(publish_file(pod->dir, "lock", "", 0, 0600, 0) == 0);
}

static void
uuids(void)
{
	char uuid[UUID_SIZE];

	uuid_make(uuid);
	assert(uuid_valid(uuid) && uuid[14] == '4');
	assert(strchr("89ab", uuid[19]) != NULL);
	assert(!uuid_valid("00000000-0000-0000-0000-000000000000"));
	assert(!uuid_valid("6733C088-A507-4694-AABF-EDBE4FC5266F"));
	assert(!uuid_valid("6733c088a5074694aabfedbe4fc5266f"));
	assert(!uuid_valid("../../../../../../../../../etc/passwd"));
	assert(!uuid_valid(""));
}

static void
life(void)
{
	const char *uuid = "6733c088-a507-4694-aabf-edbe4fc5266f";
	struct pod pod, again;
	char full[UUID_SIZE];
	autofd int lock = -1;

	make_pod(POD_PREPARE, uuid, &pod);
	assert(pod_state(&pod) == POD_IS_ABORTED_PREPARE);
	lock = pod_lock(&pod);
	assert(lock >= 0 && pod_locked(&pod) == 1);
	assert(pod_state(&pod) == POD_IS_PREPARING);
	assert(pod_lock(&pod) == -1 && errno == EAGAIN);
	assert(pod_move(&pod, POD_PREPARED) == 0);
	(void)close(lock);
	lock = -1;
	assert(pod_state(&pod) == POD_IS_PREPARED && pod_locked(&pod) == 0);
	assert(pod_open(uuid, &again) == 0 && again.place == POD_PREPARED);

	assert(pod_resolve("6733", full) == 1 && strcmp(full, uuid) == 0);
	assert(pod_resolve("6734", full) == 0 && pod_resolve("", full) == 0);
	assert(pod_move(&pod, POD_RUN) == 0);
	assert(pod_move(&again, POD_RUN) == -1 && errno == ENOENT);
	assert(pod_state(&pod) == POD_IS_EXITED);
	(void)close(pod.dir);
	(void)close(again.dir);
	assert(pod_open("nonsense", &pod) == -1 && errno == EINVAL);
	assert(pod_open("7733c088-a507-4694-aabf-edbe4fc5266f", &pod) == -1);
	assert(errno == ENOENT);
}

static void
process_and_lock(void)
{
	const char *uuid = "8733c088-a507-4694-aabf-edbe4fc5266f";
	struct pod pod;
	pid_t child, pid = 0;
	int process;

	make_pod(POD_RUN, uuid, &pod);
	child = fork();
	assert(child >= 0);
	if (child == 0) {
		(void)pause();
		_exit(0);
	}
	assert(pod_pid_write(&pod, child) == 0);
	process = pod_pid_open(&pod, &pid);
	assert(process >= 0 && pid == child);
	(void)close(process);
	/* No lock, yet a process: it has not ended. */
	assert(pod_state(&pod) == POD_IS_RUNNING);
	assert(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
	assert(pod_pid_open(&pod, &pid) == -1 && errno == ESRCH);
	assert(pod_state(&pod) == POD_IS_EXITED);

	/* The number is somebody else's now: another start time. */
	assert(publish_file(
		   pod.dir, "pid", "1 1\n", 4, 0644, PUBLISH_REPLACE) == 0);
	assert(pod_pid_open(&pod, &pid) == -1 && errno == ESRCH);
	(void)close(pod.dir);
}

static void
chain(void)
{
	const char *uuid = "9733c088-a507-4694-aabf-edbe4fc5266f";
	struct pod pod, next;
	char *why = NULL;
	int held;

	make_pod(POD_PREPARED, uuid, &pod);
	(void)close(pod.dir);
	assert(chain_enter(uuid, &pod, &why) == 0);
	assert(pod.place == POD_RUN && pod.dir > CHAIN_HOST_NET);
	assert(fcntl(CHAIN_LOCK, F_GETFD) == 0); /* stays open over exec */
	/* The next loader of the chain finds the lock handed down … */
	assert(chain_enter(uuid, &next, &why) == 0);
	(void)close(next.dir);
	/* … one that was handed nothing, or another file, finds it taken … */
	held = fcntl(CHAIN_LOCK, F_DUPFD_CLOEXEC, 100);
	(void)close(CHAIN_LOCK);
	assert(open("/dev/null", O_RDWR | O_CLOEXEC) == CHAIN_LOCK);
	assert(chain_enter(uuid, &next, &why) == -1);
	assert(strstr(why, "running, not prepared") != NULL);
	free(why);
	(void)close(next.dir);
	/* … and when the pod has ended, takes it for another run. */
	(void)close(held);
	assert(chain_enter(uuid, &next, &why) == 0);
	assert(next.place == POD_RUN && pod_locked(&next) == 1);
	(void)close(next.dir);
	(void)close(pod.dir);
}

static int
count(struct pod *pod, void *data)
{
	assert(pod->dir >= 0 && pod->place == POD_RUN);
	++*(int *)data;
	return 0;
}

int
main(void)
{
	char name[] = "/tmp/rkt-unit-pod.XXXXXX";
	int pods = 0, tmp;

	assert(mkdtemp(name) != NULL);
	assert(setenv("RKT_DIR", name, 1) == 0);
	/* The chain's descriptors must be free to test it. */
	for (int fd = CHAIN_LOCK; fd <= CHAIN_HOST_NET; fd++)
		(void)close(fd);
	uuids();
	life();
	process_and_lock();
	chain();
	assert(pod_each(POD_RUN, count, &pods) == 0 && pods == 3);

	/* A store of rkt's own is not ours to touch. */
	(void)close(path_mkdirs(AT_FDCWD, dirs_data(), 0755));
	(void)close(dirs_open_data("cas/db"));
	assert(dirs_open_data("cas/tmp") == -1 && errno == EBADMSG);
	tmp = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert(path_remove(tmp, strrchr(name, '/') + 1) == 0);
	(void)close(tmp);
	return 0;
}
