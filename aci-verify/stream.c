/* SPDX-License-Identifier: Apache-2.0 */
/* stream - signed bytes on their way to gpg, hashed as they pass */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "alloc.h"
#include "digest.h"
#include "stream.h"

/*
 * gpg is one process and our hash another thread: with some blocks between
 * them neither waits for the other, and a big file takes as long as the slower.
 */
enum { BLOCKS = 4, BLOCK = 256 * 1024 };

enum { FDS = 64, PIPE = 1024 * 1024 };

struct block {
	unsigned char *bytes;
	size_t length; /* 0: the end */
};

struct stream {
	int fd;
	struct block blocks[BLOCKS];
	struct block *block; /* the newest, which gpg gets now */
	size_t next;         /* the one to fill then */
	size_t taken;        /* bytes of the newest that gpg has */
	bool failed;
	EVP_MD_CTX *hash;
	bool unhashed; /* libcrypto failed; the hasher's, until it is joined */
	pthread_t hasher;
	sem_t room; /* blocks that may be filled */
	sem_t full; /* blocks that are to be hashed */
};

static void
wait_for(sem_t *semaphore)
{
	while (sem_wait(semaphore) < 0 && errno == EINTR)
		;
}

/* The hasher: the blocks in their order, until the empty one. */
static void *
hash_blocks(void *data)
{
	struct stream *stream = data;

	for (size_t i = 0;; i = (i + 1) % BLOCKS) {
		const struct block *block = &stream->blocks[i];

		wait_for(&stream->full);
		if (block->length == 0)
			return NULL;
		if (!EVP_DigestUpdate(
			stream->hash, block->bytes, block->length))
			stream->unhashed = true;
		(void)sem_post(&stream->room);
	}
}

/* gpgme's end of a pipe to gpg: those of others in this process do wait. */
static bool
is_to_gpg(int fd)
{
	struct stat status;
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && (flags & O_ACCMODE) == O_WRONLY &&
	       (flags & O_NONBLOCK) != 0 && fstat(fd, &status) == 0 &&
	       S_ISFIFO(status.st_mode);
}

/*
 * gpgme tells nobody which pipe it feeds gpg through, but once the signature
 * is there it is the only one.  -1: not yet.
 */
static int
find_pipe(void)
{
	int found = -1;

	for (int fd = STDERR_FILENO + 1; fd < FDS; fd++) {
		if (!is_to_gpg(fd))
			continue;
		if (found >= 0)
			return -1;
		found = fd;
	}
	return found;
}

/* Fills the next block, with nothing if that was all; false: failed. */
static bool
fill(struct stream *stream)
{
	struct block *block = &stream->blocks[stream->next];
	ssize_t n;

	wait_for(&stream->room);
	do
		n = read(stream->fd, block->bytes, BLOCK);
	while (n < 0 && errno == EINTR);
	stream->failed = n < 0;
	block->length = n < 0 ? 0 : (size_t)n;
	stream->block = block;
	stream->next = (stream->next + 1) % BLOCKS;
	stream->taken = 0;
	(void)sem_post(&stream->full);
	return n >= 0;
}

/* The empty block has been filled: nothing more is read, nor hashed. */
static bool
is_ended(const struct stream *stream)
{
	return stream->block != NULL && stream->block->length == 0;
}

/*
 * Until gpg has made room for more than the 8 KiB that it takes at once: to be
 * woken for each of those costs more than to copy them.
 */
static void
wait_for_room(int pipe)
{
	const struct timespec pause = { .tv_nsec = 500 * 1000 };
	struct pollfd room = { .fd = pipe, .events = POLLOUT };

	if (poll(&room, 1, -1) > 0)
		(void)nanosleep(&pause, NULL);
}

/* As write_all(), where the pipe may be full. */
static bool
send_block(int pipe, const struct block *block)
{
	size_t sent = 0;

	while (sent < block->length) {
		ssize_t n =
		    write(pipe, block->bytes + sent, block->length - sent);

		if (n >= 0)
			sent += (size_t)n;
		else if (errno == EAGAIN)
			wait_for_room(pipe);
		else if (errno != EINTR)
			return false;
	}
	return true;
}

/*
 * All the rest, past gpgme: that makes a hexadecimal dump of what it passes
 * on, which it throws away unless somebody debugs it, and that takes as long
 * as the hash.  It has nothing of its own to send any more when it asks us.
 */
static ssize_t
send_rest(struct stream *stream, int pipe)
{
	/* With the usual 64 KiB both wait for each other. */
	(void)fcntl(pipe, F_SETPIPE_SZ, PIPE);
	do {
		if (!fill(stream))
			return -1;
		/* gpg has had enough: it will say why. */
		if (!send_block(pipe, stream->block))
			return 0;
	} while (!is_ended(stream));
	return 0;
}

/* gpg has got the whole of the newest block, or there is none yet. */
static bool
is_used_up(const struct stream *stream)
{
	return stream->block == NULL || stream->taken == stream->block->length;
}

ssize_t
stream_read(void *handle, void *buffer, size_t size)
{
	struct stream *stream = handle;
	size_t left;

	if (!is_ended(stream) && is_used_up(stream)) {
		int pipe = find_pipe();

		if (pipe >= 0)
			return send_rest(stream, pipe);
		if (!fill(stream))
			return -1;
	}
	if (is_ended(stream))
		return stream->failed ? -1 : 0;
	left = stream->block->length - stream->taken;
	if (size > left)
		size = left;
	memcpy(buffer, stream->block->bytes + stream->taken, size);
	stream->taken += size;
	return (ssize_t)size;
}

static void
stream_free(struct stream *stream)
{
	for (size_t i = 0; i < BLOCKS; i++)
		free(stream->blocks[i].bytes);
	(void)sem_destroy(&stream->room);
	(void)sem_destroy(&stream->full);
	free(stream);
}

struct stream *
stream_open(int fd)
{
	struct stream *stream = xcalloc(1, sizeof *stream);

	stream->fd = fd;
	for (size_t i = 0; i < BLOCKS; i++)
		stream->blocks[i].bytes = xcalloc(BLOCK, 1);
	(void)sem_init(&stream->room, 0, BLOCKS);
	(void)sem_init(&stream->full, 0, 0);
	stream->hash = digest_start(EVP_sha512());
	if (stream->hash != NULL &&
	    pthread_create(&stream->hasher, NULL, hash_blocks, stream) == 0)
		return stream;
	EVP_MD_CTX_free(stream->hash);
	stream_free(stream);
	return NULL;
}

char *
stream_close(struct stream *stream)
{
	bool whole = is_ended(stream) && !stream->failed;
	char *digest;

	if (!is_ended(stream)) {
		/* gpg did not want it all: the hasher still waits. */
		wait_for(&stream->room);
		stream->blocks[stream->next].length = 0;
		(void)sem_post(&stream->full);
	}
	(void)pthread_join(stream->hasher, NULL);
	digest = digest_final("sha512-", stream->hash);
	if (!whole || stream->unhashed) {
		free(digest);
		digest = NULL;
	}
	stream_free(stream);
	return digest;
}
