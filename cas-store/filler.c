/* SPDX-License-Identifier: Apache-2.0 */
/* filler - fills files that are made, on a thread of its own */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "alloc.h"
#include "content.h"
#include "filler.h"

/* Nobody is woken for less than a batch. */
enum { FILES = 64, BATCH = 16 };

struct file {
	int fd;
	char *path;
	struct entry entry;
};

struct filler {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t added, done; /* under the lock: how many, ever */
	bool end;           /* under the lock: there will be no more */
	bool failed;        /* under the lock */
	struct file files[FILES];
	int error; /* the thread's, with the path, when it has failed */
	char *path;
	const struct compose *compose;
	bool root_user;
};

/* Whoever has failed once only closes what comes. */
static void
fill(struct filler *filler, struct file *file)
{
	if (filler->error == 0 &&
	    (content_fill(filler->compose, &file->entry, file->fd) < 0 ||
		content_finish(&file->entry, file->fd, filler->root_user) <
		    0)) {
		filler->error = errno;
		filler->path = file->path;
		file->path = NULL;
	}
	(void)close(file->fd);
	free(file->path);
}

/* How many there are once it is worth it; 0: no more. */
static size_t
wait_for_files(struct filler *filler)
{
	size_t count;

	(void)pthread_mutex_lock(&filler->lock);
	while (!filler->end && filler->added - filler->done < BATCH)
		(void)pthread_cond_wait(&filler->changed, &filler->lock);
	count = filler->added - filler->done;
	(void)pthread_mutex_unlock(&filler->lock);
	return count > BATCH ? (size_t)BATCH : count;
}

static void *
fill_all(void *data)
{
	struct filler *filler = data;
	size_t at = 0;

	for (size_t count; (count = wait_for_files(filler)) > 0;) {
		for (size_t i = 0; i < count; i++)
			fill(filler, &filler->files[at++ % FILES]);
		(void)pthread_mutex_lock(&filler->lock);
		filler->done = at;
		filler->failed = filler->error != 0;
		(void)pthread_cond_signal(&filler->changed);
		(void)pthread_mutex_unlock(&filler->lock);
	}
	return NULL;
}

struct filler *
filler_start(const struct compose *compose, bool root_user)
{
	struct filler *filler = xcalloc(1, sizeof *filler);
	int error;

	filler->compose = compose;
	filler->root_user = root_user;
	(void)pthread_mutex_init(&filler->lock, NULL);
	(void)pthread_cond_init(&filler->changed, NULL);
	error = pthread_create(&filler->thread, NULL, fill_all, filler);
	if (error == 0)
		return filler;
	free(filler);
	errno = error;
	return NULL;
}

int
filler_add(struct filler *filler, int fd, const struct entry *entry, char *path)
{
	bool failed;

	(void)pthread_mutex_lock(&filler->lock);
	while (filler->added - filler->done == FILES)
		(void)pthread_cond_wait(&filler->changed, &filler->lock);
	filler->files[filler->added % FILES] =
	    (struct file){ .fd = fd, .path = path, .entry = *entry };
	filler->added++;
	failed = filler->failed;
	if (filler->added - filler->done == BATCH)
		(void)pthread_cond_signal(&filler->changed);
	(void)pthread_mutex_unlock(&filler->lock);
	errno = ECANCELED;
	return failed ? -1 : 0;
}

int
filler_end(struct filler *filler, char **path)
{
	int error;

	(void)pthread_mutex_lock(&filler->lock);
	filler->end = true;
	(void)pthread_cond_signal(&filler->changed);
	(void)pthread_mutex_unlock(&filler->lock);
	(void)pthread_join(filler->thread, NULL);
	error = filler->error;
	*path = filler->path;
	(void)pthread_cond_destroy(&filler->changed);
	(void)pthread_mutex_destroy(&filler->lock);
	free(filler);
	errno = error;
	return error == 0 ? 0 : -1;
}
