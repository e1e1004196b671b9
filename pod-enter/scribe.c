/* SPDX-License-Identifier: Apache-2.0 */
/* scribe - carries what the apps write to their logs; part of pod-init */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "log.h"
#include "plan.h"
#include "scribe.h"

enum {
	SOURCES = 3,      /* of an app: terminal, stdout, stderr */
	LAST_PIECES = 64, /* from one that does not end, at the end */
	SECOND = 1000000000,
};

/* Where the log of an app has come to. */
struct tape {
	int fd;
	int other;
	int64_t at;
	struct log_head head;
};

static struct tape tapes[PLAN_APPS_MAX];

/* The first is of signals; of the rest, those not there are -1. */
static struct pollfd sources[1 + PLAN_APPS_MAX * SOURCES];
static uint32_t app_count;

/* A frame as it goes to the file. */
static struct {
	struct log_frame frame;
	char bytes[LOG_PIECE - sizeof(struct log_frame)];
} piece;

static struct pollfd *
source(uint32_t app, enum log_stream stream)
{
	return &sources[1 + app * SOURCES + stream];
}

static bool
read_head(int fd, struct log_head *head)
{
	return syscall(SYS_pread64, (long)fd, head, sizeof *head, 0L) ==
		   (long)sizeof *head &&
	       head->magic == LOG_MAGIC;
}

/* pod-enter has written the head of the one that goes on. */
static int
take_log(uint32_t app)
{
	struct tape *tape = &tapes[app];
	struct stat file;

	tape->fd = plan_app_fd(app, FD_LOG);
	tape->other = plan_app_fd(app, FD_LOG_OTHER);
	if (fstat(tape->fd, &file) < 0)
		return -1;
	tape->at = file.st_size;
	/* The disk may have been full at the start. */
	if (!read_head(tape->fd, &tape->head))
		tape->head = (struct log_head){
			.magic = LOG_MAGIC,
			.generation = 1,
			.limit = LOG_DEFAULT,
		};
	if (tape->at < (int64_t)sizeof tape->head)
		tape->at = 0;
	return 0;
}

static int
watch_signals(const sigset_t *set)
{
	long fd = syscall(SYS_signalfd4, -1L, set, (long)sizeof(uint64_t),
	    (long)(SFD_CLOEXEC | SFD_NONBLOCK));

	if (fd < 0 ||
	    syscall(SYS_dup3, fd, (long)SIGNAL_FD, (long)O_CLOEXEC) < 0)
		return -1;
	return close((int)fd);
}

int
scribe_open(struct plan *plan, const sigset_t *set)
{
	bool any = false;

	app_count = plan->app_count;
	for (uint32_t i = 0; i < app_count; i++) {
		uint32_t flags = plan->apps[i].flags;

		if ((flags & APP_LOG) == 0)
			continue;
		any = true;
		if (take_log(i) < 0)
			return -1;
		for (int j = 0; j < SOURCES; j++)
			source(i, j)->fd = -1;
		if ((flags & APP_PTY) != 0)
			source(i, LOG_TERMINAL)->fd = plan_app_fd(i, FD_KEYS);
		if ((flags & APP_FROM_OUT) != 0)
			source(i, LOG_OUT)->fd = plan_app_fd(i, FD_FROM_OUT);
		if ((flags & APP_FROM_ERR) != 0)
			source(i, LOG_ERR)->fd = plan_app_fd(i, FD_FROM_ERR);
		for (int j = 0; j < SOURCES; j++)
			source(i, j)->events = POLLIN;
	}
	if (!any)
		return 0;
	for (uint32_t i = 0; i < app_count; i++)
		if ((plan->apps[i].flags & APP_LOG) == 0)
			for (int j = 0; j < SOURCES; j++)
				source(i, j)->fd = -1;
	sources[0].events = POLLIN;
	sources[0].fd = SIGNAL_FD;
	return watch_signals(set) < 0 ? -1 : 1;
}

static bool
write_at(int fd, const void *bytes, size_t length, int64_t at)
{
	long n = syscall(SYS_pwrite64, (long)fd, bytes, length, at);

	if (n == (long)length)
		return true;
	if (n >= 0)
		errno = ENOSPC;
	return false;
}

/* The oldest half goes, and the other file is the newer one. */
static bool
turn(struct tape *tape)
{
	struct log_head head = tape->head;
	int fd = tape->other;

	head.generation++;
	if (syscall(SYS_ftruncate, (long)fd, 0L) < 0 ||
	    !write_at(fd, &head, sizeof head, 0))
		return false;
	tape->other = tape->fd;
	tape->fd = fd;
	tape->head = head;
	tape->at = sizeof head;
	return true;
}

/* What is lost is told by who shows the log: here nobody could be told. */
static void
lose(struct tape *tape, size_t count)
{
	tape->head.error = (uint32_t)errno;
	tape->head.lost += count;
	(void)syscall(SYS_ftruncate, (long)tape->fd, tape->at);
	if (tape->at > 0)
		(void)write_at(tape->fd, &tape->head, sizeof tape->head, 0);
}

static bool
append(struct tape *tape, size_t length)
{
	if (tape->at == 0) {
		if (!write_at(tape->fd, &tape->head, sizeof tape->head, 0))
			return false;
		tape->at = sizeof tape->head;
	}
	if ((uint64_t)tape->at + length > tape->head.limit / 2 && !turn(tape))
		return false;
	if (!write_at(tape->fd, &piece, length, tape->at))
		return false;
	tape->at += (int64_t)length;
	return true;
}

/* One piece from a source; returns whether there was one. */
static bool
carry(uint32_t app, enum log_stream stream)
{
	struct pollfd *from = source(app, stream);
	struct timespec now = { 0 };
	long n =
	    syscall(SYS_read, (long)from->fd, piece.bytes, sizeof piece.bytes);

	if (n <= 0) {
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			from->fd = -1;
		return false;
	}
	(void)clock_gettime(CLOCK_REALTIME, &now);
	piece.frame.time =
	    (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
	piece.frame.length = (uint32_t)n;
	piece.frame.stream = stream;
	if (!append(&tapes[app], sizeof piece.frame + (size_t)n))
		lose(&tapes[app], (size_t)n);
	return true;
}

/* In nanoseconds; never negative. */
static struct timespec
time_left(const struct timespec *deadline)
{
	struct timespec left, now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	left.tv_sec = deadline->tv_sec - now.tv_sec;
	left.tv_nsec = deadline->tv_nsec - now.tv_nsec;
	if (left.tv_nsec < 0) {
		left.tv_sec--;
		left.tv_nsec += SECOND;
	}
	if (left.tv_sec < 0)
		left = (struct timespec){ 0 };
	return left;
}

int
scribe_wait(
    const sigset_t *set, siginfo_t *info, const struct timespec *deadline)
{
	const struct timespec none = { 0 };

	for (;;) {
		struct timespec left;
		long ready;
		int number;

		if (deadline != NULL)
			left = time_left(deadline);
		ready =
		    syscall(SYS_ppoll, sources, (long)(1 + app_count * SOURCES),
			deadline == NULL ? NULL : &left, NULL, 0L);
		if (ready == 0)
			return 0;
		for (uint32_t i = 0; ready > 0 && i < app_count; i++)
			for (int j = 0; j < SOURCES; j++)
				if (source(i, j)->fd >= 0 &&
				    source(i, j)->revents != 0)
					(void)carry(i, j);
		number = sigtimedwait(set, info, &none);
		if (number > 0)
			return number;
	}
}

void
scribe_finish(void)
{
	for (uint32_t i = 0; i < app_count; i++)
		for (int j = 0; j < SOURCES; j++)
			for (int k = 0; k < LAST_PIECES; k++)
				if (source(i, j)->fd < 0 || !carry(i, j))
					break;
}
