/* SPDX-License-Identifier: Apache-2.0 */
/* log - what an app wrote, in two files of which one is older */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "log.h"
#include "scope.h"

/* 0: it has none, since it is new or was being emptied. */
static uint64_t
generation_of(int fd)
{
	struct log_head head;

	if (pread(fd, &head, sizeof head, 0) != sizeof head ||
	    head.magic != LOG_MAGIC)
		return 0;
	return head.generation;
}

/* A power cut or a kill may have left a frame with its end missing. */
static int
cut_torn_end(int fd)
{
	off_t at = sizeof(struct log_head);
	struct log_frame frame;
	struct stat file;

	if (fstat(fd, &file) < 0)
		return -1;
	while (pread(fd, &frame, sizeof frame, at) == sizeof frame &&
	       frame.length <= LOG_PIECE &&
	       at + (off_t)(sizeof frame + frame.length) <= file.st_size)
		at += (off_t)(sizeof frame + frame.length);
	return at == file.st_size ? 0 : ftruncate(fd, at);
}

static int
begin(int fd, uint64_t limit)
{
	const struct log_head head = {
		.magic = LOG_MAGIC, .generation = 1, .limit = limit
	};

	if (ftruncate(fd, 0) < 0)
		return -1;
	if (pwrite(fd, &head, sizeof head, 0) == sizeof head)
		return 0;
	/* A full disk: the pod's part to try again, and nobody's to fail. */
	return ftruncate(fd, 0);
}

int
log_open(int dir, const char *app, uint64_t limit, int *current, int *other)
{
	const int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC;
	autofree char *first = xasprintf("log/%s", app);
	autofree char *second = xasprintf("log/%s.1", app);
	autofd int one = openat(dir, first, flags, 0600);
	autofd int two = openat(dir, second, flags, 0600);
	uint64_t generation;

	if (one < 0 || two < 0)
		return -1;
	generation = generation_of(one);
	if (generation_of(two) > generation) {
		int newer = two;

		two = one;
		one = newer;
		generation = generation_of(one);
	}
	if ((generation > 0 ? cut_torn_end(one) : begin(one, limit)) < 0)
		return -1;
	*current = take_fd(&one);
	*other = take_fd(&two);
	return 0;
}
