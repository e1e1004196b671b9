/* SPDX-License-Identifier: Apache-2.0 */
/* ended - has a pod ended, and when was it found to have */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "ended.h"
#include "num.h"
#include "path.h"
#include "pod.h"
#include "scope.h"

/* How long a pod without a lock may take to die, in milliseconds. */
enum { DYING = 200 };

int
ended_lock(const struct pod *pod)
{
	autofd int lock = pod_lock(pod);
	struct pollfd process = { .events = POLLIN, .fd = -1 };
	pid_t pid;
	int gone = 1;

	if (lock < 0)
		return -1;
	process.fd = pod_pid_open(pod, &pid);
	if (process.fd >= 0) {
		gone = poll(&process, 1, DYING);
		scope_close(&process.fd);
	}
	if (gone != 1) {
		errno = EAGAIN;
		return -1;
	}
	return take_fd(&lock);
}

/* This boot's id, UUID_SIZE - 1 characters; NULL if there is none. */
static const char *
boot_id(void)
{
	static char id[UUID_SIZE];
	autofd int fd = -1;

	if (*id != '\0')
		return id;
	fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && read(fd, id, UUID_SIZE - 1) == UUID_SIZE - 1)
		return id;
	*id = '\0';
	return NULL;
}

static int64_t
nanoseconds(const struct timespec *time)
{
	int64_t whole;

	if (__builtin_mul_overflow(time->tv_sec, CLOCK_SECOND, &whole))
		return time->tv_sec < 0 ? INT64_MIN : INT64_MAX;
	if (__builtin_add_overflow(whole, time->tv_nsec, &whole))
		return INT64_MAX;
	return whole;
}

static int64_t
clock_now(clockid_t clock)
{
	struct timespec now = { 0 };

	(void)clock_gettime(clock, &now);
	return nanoseconds(&now);
}

static int64_t
between(int64_t then, int64_t now)
{
	int64_t age;

	if (now < then)
		return 0;
	return __builtin_sub_overflow(now, then, &age) ? INT64_MAX : age;
}

/*
 * The second line of the lock, since a file of its own would cost a tenth of
 * all that a gc does for a pod: a boot id (a UUID) and nanoseconds after that
 * boot.  A half of it is no mark.
 */
int
ended_mark(int lock)
{
	char text[POD_LOCK_MAX] = "";
	const char *boot = boot_id();
	ssize_t status = pread(lock, text, sizeof text - 1, 0);
	size_t first = strcspn(text, "\n");
	int length;

	if (status < 0 || boot == NULL)
		return -1;
	length = snprintf(text, sizeof text, "\n%s %lld\n", boot,
	    (long long)clock_now(CLOCK_BOOTTIME));
	return pwrite(lock, text, (size_t)length, (off_t)first) == length ? 0
									  : -1;
}

/* INT64_MAX if the pod has no mark, or one of another boot. */
static int64_t
age_by_mark(const struct pod *pod)
{
	autofree char *text = path_read(pod->dir, "lock", POD_LOCK_MAX, NULL);
	char *mark = text == NULL ? NULL : strchr(text, '\n');
	const char *boot = boot_id();
	uint64_t then;

	if (mark == NULL || boot == NULL ||
	    strncmp(++mark, boot, UUID_SIZE - 1) != 0 ||
	    mark[UUID_SIZE - 1] != ' ')
		return INT64_MAX;
	mark[strcspn(mark, "\n")] = '\0';
	if (num_parse(mark + UUID_SIZE, 0, INT64_MAX, &then) < 0)
		return INT64_MAX;
	return between((int64_t)then, clock_now(CLOCK_BOOTTIME));
}

int64_t
ended_age(const struct pod *pod)
{
	int64_t by_mark = age_by_mark(pod), by_change;
	struct stat status;

	if (fstat(pod->dir, &status) < 0)
		return 0;
	by_change =
	    between(nanoseconds(&status.st_ctim), clock_now(CLOCK_REALTIME));
	return by_mark < by_change ? by_mark : by_change;
}
