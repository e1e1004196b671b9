/* SPDX-License-Identifier: Apache-2.0 */
/* stream - signed bytes on their way to gpg, hashed as they pass */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <string.h>
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

/*
 * gpgme tells nobody which pipe it feeds gpg through; in this process all are
 * its, but for one.  With the usual 64 KiB both wait for each other, and a big
 * file takes a sixth longer.
 */
static void
widen_pipes(void)
{
	for (int fd = STDERR_FILENO + 1; fd < FDS; fd++)
		(void)fcntl(fd, F_SETPIPE_SZ, PIPE);
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

ssize_t
stream_read(void *handle, void *buffer, size_t size)
{
	struct stream *stream = handle;
	size_t left;

	if (stream->block == NULL)
		widen_pipes();
	if (stream->block == NULL || stream->taken == stream->block->length)
		if (!is_ended(stream) && !fill(stream))
			return -1;
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
