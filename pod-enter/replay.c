/* SPDX-License-Identifier: Apache-2.0 */
/* replay - reads the log of an app, also while it is written */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "escape.h"
#include "path.h"
#include "replay.h"
#include "scope.h"

/* The file's generation, 0: it is being emptied, or has none yet. */
static uint64_t
read_head(struct replay *replay, int which)
{
	struct log_head head;

	if (pread(replay->fds[which], &head, sizeof head, 0) != sizeof head ||
	    head.magic != LOG_MAGIC)
		return 0;
	if (which == replay->which || head.generation > replay->generation) {
		replay->lost = head.lost;
		replay->error = (int)head.error;
	}
	return head.generation;
}

static void
go_to(struct replay *replay, int which, uint64_t generation, off_t at)
{
	replay->which = which;
	replay->generation = generation;
	replay->at = at;
	replay->length = 0;
}

/* To the oldest frame that there is. */
static void
rewind_log(struct replay *replay)
{
	uint64_t one = read_head(replay, 0), two = read_head(replay, 1);
	int which = one == 0 || (two != 0 && two < one);

	go_to(replay, which, which == 0 ? one : two, sizeof(struct log_head));
}

int
replay_open(int dir, const char *app, struct replay *replay)
{
	autofree char *first = xasprintf("log/%s", app);
	autofree char *second = xasprintf("log/%s.1", app);

	replay->fds[0] = beneath_open(dir, first, O_RDONLY, 0);
	if (replay->fds[0] < 0)
		return -1;
	replay->fds[1] = beneath_open(dir, second, O_RDONLY, 0);
	if (replay->fds[1] < 0) {
		scope_close(&replay->fds[0]);
		return -1;
	}
	replay->app = xstrdup(app);
	replay->too_slow = false;
	replay->lost = 0;
	rewind_log(replay);
	return 0;
}

void
replay_close(struct replay *replay)
{
	free(replay->app);
	scope_close(&replay->fds[0]);
	scope_close(&replay->fds[1]);
}

/* 1: the window has a whole frame; 0: not; -1: what it has is none. */
static int
find_frame(struct replay *replay, struct log_frame *frame, const char **bytes)
{
	size_t offset = (size_t)(replay->at - replay->start);
	size_t left = replay->length > offset ? replay->length - offset : 0;

	if (left < sizeof *frame)
		return 0;
	memcpy(frame, replay->window + offset, sizeof *frame);
	if (frame->length > LOG_PIECE || frame->stream > LOG_ERR)
		return -1;
	*bytes = replay->window + offset + sizeof *frame;
	return left >= sizeof *frame + frame->length;
}

static int
fill(struct replay *replay)
{
	ssize_t n = pread(replay->fds[replay->which], replay->window,
	    sizeof replay->window, replay->at);

	replay->start = replay->at;
	replay->length = n > 0 ? (size_t)n : 0;
	return n < 0 ? -1 : 0;
}

int
replay_peek(struct replay *replay, struct log_frame *frame, const char **bytes)
{
	bool ended = false;

	for (;;) {
		int other = !replay->which;
		int found = find_frame(replay, frame, bytes);
		bool emptied;

		if (found > 0)
			return 1;
		if (fill(replay) < 0)
			return -1;
		/* What was read is this file's if it still is the same. */
		emptied =
		    read_head(replay, replay->which) != replay->generation;
		if (emptied) {
			replay->too_slow |= replay->generation != 0;
			rewind_log(replay);
			if (replay->generation == 0)
				return 0;
			continue;
		}
		found = find_frame(replay, frame, bytes);
		if (found != 0) {
			errno = EBADMSG;
			return found;
		}
		if (replay->generation == 0 ||
		    read_head(replay, other) != replay->generation + 1)
			return 0;
		/* Complete once the other is there: but look again. */
		if (ended)
			go_to(replay, other, replay->generation + 1,
			    sizeof(struct log_head));
		ended = !ended;
	}
}

void
replay_take(struct replay *replay, const struct log_frame *frame)
{
	replay->at += (off_t)(sizeof *frame + frame->length);
}

void
replay_seek(struct replay *replay, uint64_t generation, off_t at)
{
	for (int i = 0; i < 2; i++)
		if (generation != 0 && read_head(replay, i) == generation &&
		    at >= (off_t)sizeof(struct log_head) &&
		    at <= lseek(replay->fds[i], 0, SEEK_END))
			go_to(replay, i, generation, at);
}

void
replay_report(struct replay *replay, uint64_t *told)
{
	if (replay->too_slow)
		warnx("%s: read too slowly: some of the output is gone",
		    replay->app);
	replay->too_slow = false;
	if (replay->lost > *told)
		warnx("%s: log: %s: %llu bytes of the output are lost",
		    replay->app, strerror(replay->error),
		    (unsigned long long)(replay->lost - *told));
	*told = replay->lost;
}
