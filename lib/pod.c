/* SPDX-License-Identifier: Apache-2.0 */
/* pod - pod directories: where a pod is in its life, and its lock */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "alloc.h"
#include "dirs.h"
#include "num.h"
#include "path.h"
#include "pod.h"
#include "publish.h"
#include "scope.h"

/* The pid file: two numbers. */
enum { PID_FILE_MAX = 64 };

static const char *const place_names[POD_PLACES] = {
	[POD_EMBRYO] = "embryo",
	[POD_PREPARE] = "prepare",
	[POD_PREPARED] = "prepared",
	[POD_RUN] = "run",
	[POD_EXITED_GARBAGE] = "exited-garbage",
	[POD_GARBAGE] = "garbage",
};

static const char *const state_names[] = {
	[POD_IS_EMBRYO] = "embryo",
	[POD_IS_PREPARING] = "preparing",
	[POD_IS_ABORTED_PREPARE] = "aborted prepare",
	[POD_IS_PREPARED] = "prepared",
	[POD_IS_RUNNING] = "running",
	[POD_IS_EXITED] = "exited",
	[POD_IS_EXITED_GARBAGE] = "exited garbage",
	[POD_IS_EXITED_DELETING] = "exited deleting",
	[POD_IS_GARBAGE] = "garbage",
	[POD_IS_DELETING] = "deleting",
};

const char *
pod_place_name(enum pod_place place)
{
	return place_names[place];
}

const char *
pod_state_name(enum pod_state state)
{
	return state_names[state];
}

int
pod_place_open(enum pod_place place)
{
	autofree char *sub = xasprintf("pods/%s", place_names[place]);

	return dirs_open_data(sub);
}

int
pod_places_make(void)
{
	for (enum pod_place place = 0; place < POD_PLACES; place++) {
		autofree char *path =
		    xasprintf("%s/pods/%s", dirs_data(), place_names[place]);
		autofd int made = -1;

		if (access(path, F_OK) == 0)
			continue;
		made = pod_place_open(place);
		if (made < 0)
			return -1;
	}
	return 0;
}

static int
open_in(enum pod_place place, const char *uuid)
{
	autofree char *path =
	    xasprintf("%s/pods/%s/%s", dirs_data(), place_names[place], uuid);

	return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int
pod_open(const char *uuid, struct pod *pod)
{
	if (!uuid_valid(uuid)) {
		errno = EINVAL;
		return -1;
	}
	/*
	 * A pod only moves on, so that looking in the order of its life finds
	 * it, whatever it does meanwhile.
	 */
	for (enum pod_place place = 0; place < POD_PLACES; place++) {
		pod->dir = open_in(place, uuid);
		if (pod->dir >= 0) {
			memcpy(pod->uuid, uuid, UUID_SIZE);
			pod->place = place;
			return 0;
		}
		if (errno != ENOENT)
			return -1;
	}
	return -1;
}

int
pod_move(struct pod *pod, enum pod_place to)
{
	autofd int from = pod_place_open(pod->place);
	autofd int into = pod_place_open(to);

	if (from < 0 || into < 0 ||
	    publish_rename(from, pod->uuid, into, pod->uuid, false) < 0)
		return -1;
	pod->place = to;
	return 0;
}

static int
lock_as(const struct pod *pod, short type)
{
	struct flock whole = { .l_type = type };
	struct stat file;
	autofd int fd = openat(
	    pod->dir, "lock", O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (fcntl(fd, F_OFD_SETLK, &whole) < 0) {
		if (errno == EACCES)
			errno = EAGAIN;
		return -1;
	}
	/* Somebody may have removed it, and the pod, after we opened it. */
	if (fstat(fd, &file) < 0)
		return -1;
	if (file.st_nlink == 0) {
		errno = EAGAIN;
		return -1;
	}
	return take_fd(&fd);
}

int
pod_lock(const struct pod *pod)
{
	return lock_as(pod, F_WRLCK);
}

int
pod_share(const struct pod *pod)
{
	return lock_as(pod, F_RDLCK);
}

int
pod_embryos_hold(bool alone)
{
	autofree char *path =
	    xasprintf("%s/pods/%s", dirs_data(), place_names[POD_EMBRYO]);
	autofd int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || flock(fd, alone ? LOCK_EX | LOCK_NB : LOCK_SH) < 0)
		return -1;
	return take_fd(&fd);
}

int
pod_locked(const struct pod *pod)
{
	/* What would hold up a reader is a writer. */
	struct flock whole = { .l_type = F_RDLCK };
	autofd int fd = openat(
	    pod->dir, "lock", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (fcntl(fd, F_OFD_GETLK, &whole) < 0)
		return -1;
	return whole.l_type != F_UNLCK;
}

/* Field 22 of /proc/PID/stat, in clock ticks after boot; 0 and errno. */
static uint64_t
start_time(pid_t pid)
{
	char path[64], text[1024];
	autofd int fd = -1;
	const char *p;
	ssize_t n;

	(void)snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || (n = read(fd, text, sizeof text - 1)) < 0) {
		errno = ESRCH;
		return 0;
	}
	text[n] = '\0';
	/* Field 2 is the name in parentheses, which may hold anything. */
	p = strrchr(text, ')');
	for (int field = 2; p != NULL && field < 22; field++)
		p = strchr(p + 1, ' ');
	return p == NULL ? 0 : strtoull(p, NULL, 10);
}

int
pod_pid_write(const struct pod *pod, pid_t pid)
{
	uint64_t started = start_time(pid);
	char text[PID_FILE_MAX];
	int length = snprintf(text, sizeof text, "%ld %llu\n", (long)pid,
	    (unsigned long long)started);

	if (started == 0)
		return -1;
	return publish_file(pod->dir, "pid", text, (size_t)length, 0644, 0) < 0
		   ? -1
		   : 0;
}

static bool
is_dead(int process)
{
	struct pollfd ended = { .fd = process, .events = POLLIN };

	return poll(&ended, 1, 0) == 1;
}

int
pod_pid_open(const struct pod *pod, pid_t *pid)
{
	autofree char *text = path_read(pod->dir, "pid", PID_FILE_MAX, NULL);
	autofd int fd = -1;
	uint64_t number = 0, started = 0;
	char *second = text == NULL ? NULL : strchr(text, ' ');

	if (text == NULL || second == NULL) {
		errno = ESRCH;
		return -1;
	}
	*second++ = '\0';
	second[strcspn(second, "\n")] = '\0';
	if (num_parse(text, 1, INT32_MAX, &number) < 0 ||
	    num_parse(second, 1, UINT64_MAX, &started) < 0) {
		errno = ESRCH;
		return -1;
	}
	*pid = (pid_t)number;
	fd = (int)syscall(SYS_pidfd_open, *pid, 0);
	/*
	 * First the descriptor, then the check: it is the one we looked at.
	 * One that is dead, and which nobody has waited for yet, is gone.
	 */
	if (fd < 0 || start_time(*pid) != started || is_dead(fd)) {
		errno = ESRCH;
		return -1;
	}
	return take_fd(&fd);
}

/* In run: the lock and the process, since neither alone tells. */
static bool
running(const struct pod *pod)
{
	autofd int process = -1;
	pid_t pid;

	if (pod_locked(pod) != 0)
		return true;
	process = pod_pid_open(pod, &pid);
	return process >= 0;
}

enum pod_state
pod_state(const struct pod *pod)
{
	switch (pod->place) {
	case POD_EMBRYO:
		return POD_IS_EMBRYO;
	case POD_PREPARE:
		return pod_locked(pod) == 1 ? POD_IS_PREPARING
					    : POD_IS_ABORTED_PREPARE;
	case POD_PREPARED:
		return POD_IS_PREPARED;
	case POD_RUN:
		return running(pod) ? POD_IS_RUNNING : POD_IS_EXITED;
	case POD_EXITED_GARBAGE:
		return pod_locked(pod) == 1 ? POD_IS_EXITED_DELETING
					    : POD_IS_EXITED_GARBAGE;
	case POD_GARBAGE:
	case POD_PLACES:
		break;
	}
	return pod_locked(pod) == 1 ? POD_IS_DELETING : POD_IS_GARBAGE;
}

static int
by_name(const void *a, const void *b)
{
	return memcmp(a, b, UUID_SIZE);
}

/* The UUIDs in a place, sorted; the caller frees them.  -1 and errno. */
static ssize_t
read_place(enum pod_place place, char (**uuids)[UUID_SIZE])
{
	autofree char *path =
	    xasprintf("%s/pods/%s", dirs_data(), place_names[place]);
	autodir DIR *entries = opendir(path);
	size_t count = 0, room = 0;

	*uuids = NULL;
	if (entries == NULL)
		return errno == ENOENT ? 0 : -1;
	for (struct dirent *e; (errno = 0, e = readdir(entries)) != NULL;) {
		if (!uuid_valid(e->d_name))
			continue;
		if (count == room) {
			room = room * 2 + 16;
			*uuids = xreallocarray(*uuids, room, UUID_SIZE);
		}
		memcpy((*uuids)[count++], e->d_name, UUID_SIZE);
	}
	if (errno != 0)
		return -1;
	if (count > 1)
		qsort(*uuids, count, UUID_SIZE, by_name);
	return (ssize_t)count;
}

size_t
pod_count(enum pod_place place)
{
	autofree char(*uuids)[UUID_SIZE] = NULL;
	ssize_t count = read_place(place, &uuids);

	return count < 0 ? 0 : (size_t)count;
}

/* Gone by now, or something else of that name, or not to be seen by us. */
static bool
is_no_pod(int error)
{
	return error == ENOENT || error == ENOTDIR || error == ELOOP ||
	       error == EACCES;
}

int
pod_each(
    enum pod_place place, int (*visit)(struct pod *pod, void *data), void *data)
{
	autofree char(*uuids)[UUID_SIZE] = NULL;
	ssize_t count = read_place(place, &uuids);
	int result = count < 0 ? -1 : 0;

	for (ssize_t i = 0; i < count && result == 0; i++) {
		struct pod pod = { .place = place };

		memcpy(pod.uuid, uuids[i], UUID_SIZE);
		pod.dir = open_in(place, pod.uuid);
		if (pod.dir < 0) {
			result = is_no_pod(errno) ? 0 : -1;
			continue;
		}
		result = visit(&pod, data);
		(void)close(pod.dir);
	}
	return result;
}

int
pod_resolve(const char *beginning, char uuid[UUID_SIZE])
{
	size_t length = strlen(beginning);
	int found = 0;

	if (length == 0 || length >= UUID_SIZE)
		return 0;
	for (enum pod_place place = 0; place < POD_PLACES; place++) {
		autofree char(*uuids)[UUID_SIZE] = NULL;
		ssize_t count = read_place(place, &uuids);

		if (count < 0)
			return -1;
		for (ssize_t i = 0; i < count; i++) {
			if (strncmp(uuids[i], beginning, length) != 0)
				continue;
			/* One that moves while we look is still one pod. */
			if (found == 0 || memcmp(uuid, uuids[i], UUID_SIZE))
				found++;
			memcpy(uuid, uuids[i], UUID_SIZE);
		}
	}
	return found;
}
