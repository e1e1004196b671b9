/* SPDX-License-Identifier: Apache-2.0 */
/* follow - shows what an app writes to who is attached to it */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "alloc.h"
#include "follow.h"
#include "num.h"
#include "outlet.h"
#include "path.h"
#include "pod.h"
#include "prog.h"
#include "publish.h"
#include "scope.h"

enum { SEEN_MAX = 64 };

/* Where the last one who was attached has left off. */
static void
seek_seen(struct follower *f)
{
	autofree char *name = xasprintf("log/%s.seen", f->app);
	autofree char *text = path_read(f->pod->dir, name, SEEN_MAX, NULL);
	char *second = text == NULL ? NULL : strchr(text, ' ');
	uint64_t generation, at;

	if (second == NULL)
		return;
	*second++ = '\0';
	second[strcspn(second, "\n")] = '\0';
	if (num_parse(text, 1, UINT64_MAX, &generation) < 0 ||
	    num_parse(second, 1, INT64_MAX, &at) < 0)
		return;
	replay_seek(&f->log, generation, (off_t)at);
	f->log.too_slow = f->log.generation > generation;
}

void
follow_open(struct follower *f, const struct pod *pod, const char *app)
{
	*f = (struct follower){ .pod = pod, .app = app };
	f->out[0] = outlet_open(STDOUT_FILENO);
	f->out[1] = outlet_open(STDERR_FILENO);
	if (app == NULL)
		return;
	if (replay_open(pod->dir, app, &f->log) < 0)
		err(EX_IOERR, "pod %s: log of %s", pod->uuid, app);
	seek_seen(f);
}

void
follow_keep(const struct follower *f)
{
	autofd int log =
	    beneath_open(f->pod->dir, "log", O_RDONLY | O_DIRECTORY, 0);
	autofree char *name = xasprintf("%s.seen", f->app);
	autofree char *text = xasprintf("%llu %lld\n",
	    (unsigned long long)f->log.generation, (long long)f->log.at);

	/* A full disk: then the next one sees it twice. */
	if (f->app != NULL && log >= 0)
		(void)publish_file(
		    log, name, text, strlen(text), 0600, PUBLISH_REPLACE);
}

/* On a terminal that is no longer one, EIO says no more than that. */
static bool
hung_up(int fd)
{
	struct pollfd terminal = { .fd = fd };

	return poll(&terminal, 1, 0) == 1 && (terminal.revents & POLLHUP) != 0;
}

/* Writes what the next one takes of what there is. */
enum progress
follow_show(struct follower *f)
{
	ssize_t n;
	int found;

	if (f->next == NULL) {
		found = f->app == NULL
			    ? 0
			    : replay_peek(&f->log, &f->frame, &f->next);
		if (found < 0)
			err(EX_DATAERR, "log of %s", f->app);
		if (f->app != NULL)
			replay_report(&f->log, &f->told);
		if (found == 0) {
			f->next = NULL;
			return IDLE;
		}
		f->left = f->frame.length;
		f->to = f->out[f->frame.stream == LOG_ERR];
	}
	n = outlet_write(f->to, f->next, f->left);
	if (n < 0 && errno == EAGAIN)
		return BLOCKED;
	if (n < 0 && errno == EIO && hung_up(f->to))
		return GONE;
	if (n < 0 && errno != EINTR)
		err(EX_IOERR, "%s",
		    f->frame.stream == LOG_ERR ? "stderr" : "stdout");
	f->next += n < 0 ? 0 : n;
	f->left -= n < 0 ? 0 : (size_t)n;
	if (f->left == 0) {
		replay_take(&f->log, &f->frame);
		f->next = NULL;
	}
	return MORE;
}

int
follow_watch(const struct follower *f)
{
	autofd int fd =
	    f->app == NULL ? -1 : inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	for (int i = 0; fd >= 0 && i < 2; i++) {
		char path[32];

		(void)snprintf(
		    path, sizeof path, "/proc/self/fd/%d", f->log.fds[i]);
		if (inotify_add_watch(fd, path, IN_MODIFY) < 0)
			return -1;
	}
	return take_fd(&fd);
}
