/* SPDX-License-Identifier: Apache-2.0 */
/* blob - an image file's tar into the store, hashed on its way */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "blob.h"
#include "copy.h"
#include "decoder.h"
#include "inflate.h"

/* The largest tar, and what a compressed byte may become in one. */
#define BLOB_MAX (UINT64_C(64) << 30)
enum {
	RATIO_MAX = 200,               /* deflate alone makes 1000 of zeros */
	RATIO_FROM = 64 * 1024 * 1024, /* small files may be all zeros */
};

struct copy {
	int from;
	struct growing to;
	uint64_t in;
	uint64_t out;
	bool at_end;
	enum hash hash;
	struct hasher *hasher;
	struct digest *of_file;
	struct digest *of_tar;
	struct fault *fault;
};

static int
read_chunk(struct copy *copy, struct chunk *chunk)
{
	while (chunk->length < CHUNK_SIZE) {
		ssize_t n = read(copy->from, chunk->bytes + chunk->length,
		    CHUNK_SIZE - chunk->length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fault_errno(copy->fault, "read");
		if (n == 0) {
			copy->at_end = true;
			break;
		}
		chunk->length += (size_t)n;
	}
	copy->in += chunk->length;
	return 0;
}

static int
check_limits(const struct copy *copy)
{
	if (copy->out > BLOB_MAX)
		return fault_set(copy->fault, EX_DATAERR,
		    "larger than %d GiB unpacked", (int)(BLOB_MAX >> 30));
	if (copy->out > RATIO_FROM && copy->out / RATIO_MAX > copy->in)
		return fault_set(copy->fault, EX_DATAERR,
		    "unpacks to more than %d times its size", RATIO_MAX);
	return 0;
}

/* Stores a chunk of the tar, and hands it to the hasher if that is due. */
static int
write_chunk(struct copy *copy, struct chunk *chunk)
{
	copy->out += chunk->length;
	if (check_limits(copy) < 0)
		return -1;
	return growing_add(&copy->to, chunk->bytes, chunk->length) < 0
		   ? fault_errno(copy->fault, "write")
		   : 0;
}

/* A tar that is not compressed: file and tar are the same, hashed once. */
static int
copy_plain(struct copy *copy, struct chunk *chunk)
{
	for (;;) {
		if (write_chunk(copy, chunk) < 0)
			return -1;
		hasher_add(copy->hasher, copy->of_tar, chunk);
		if (copy->at_end)
			return 0;
		chunk = hasher_chunk(copy->hasher);
		if (read_chunk(copy, chunk) < 0)
			return -1;
	}
}

/* The tar has grown to that size: hashes the rest of it. */
static int
follow(struct copy *copy, uint64_t size)
{
	while (copy->out < size) {
		struct chunk *chunk = hasher_chunk(copy->hasher);
		uint64_t left = size - copy->out;
		size_t want = left < CHUNK_SIZE ? (size_t)left : CHUNK_SIZE;
		ssize_t n =
		    pread(copy->to.fd, chunk->bytes, want, (off_t)copy->out);

		if (n < 0 && errno != EINTR)
			return fault_errno(copy->fault, "read");
		if (n == 0)
			return fault_set(
			    copy->fault, EX_SOFTWARE, "the tar is shorter");
		chunk->length = n < 0 ? 0 : (size_t)n;
		copy->out += chunk->length;
		hasher_add(copy->hasher, copy->of_tar, chunk);
	}
	return check_limits(copy);
}

/* Compressed bytes that are on their way to the decoder. */
struct feed {
	struct chunk *chunk;
	size_t sent;
};

/* As much as the pipe takes; the decoder's input is closed behind the last. */
static int
feed_some(struct copy *copy, struct feed *feed, struct decoder *decoder)
{
	struct chunk *chunk = feed->chunk;
	ssize_t n = write(decoder->input, chunk->bytes + feed->sent,
	    chunk->length - feed->sent);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	/* Gone; and it will have said why. */
	if (n < 0 && errno != EPIPE)
		return fault_errno(copy->fault, "pipe");
	feed->sent += n < 0 ? 0 : (size_t)n;
	if (n >= 0 && feed->sent < chunk->length)
		return 0;
	if (n >= 0)
		hasher_add(copy->hasher, copy->of_file, chunk);
	if (n < 0 || copy->at_end) {
		(void)close(decoder->input);
		decoder->input = -1;
		return 0;
	}
	*feed = (struct feed){ .chunk = hasher_chunk(copy->hasher) };
	return read_chunk(copy, feed->chunk);
}

/* Feeds the decoder and follows behind it, whichever is due. */
static int
attend(struct copy *copy, struct feed *feed, struct decoder *decoder)
{
	int result = 1;

	while (result > 0) {
		struct pollfd ready[] = {
			{ .fd = decoder->notes, .events = POLLIN },
			{ .fd = decoder->input, .events = POLLOUT },
		};
		uint64_t size = 0;

		if (poll(ready, 2, -1) < 0 && errno != EINTR)
			return fault_errno(copy->fault, "poll");
		if (ready[0].revents != 0) {
			result = decoder_note(decoder, &size, copy->fault);
			if (result >= 0 && follow(copy, size) < 0)
				result = -1;
		} else if (ready[1].revents != 0 &&
			   feed_some(copy, feed, decoder) < 0) {
			result = -1;
		}
	}
	return result;
}

static int
copy_inflated(struct copy *copy, struct chunk *chunk, struct inflate *inflate)
{
	struct feed feed = { .chunk = chunk };
	struct decoder decoder;
	int result = decoder_start(&decoder, inflate, copy->to.fd, copy->fault);

	if (result == 0)
		result = attend(copy, &feed, &decoder);
	decoder_stop(&decoder);
	return result;
}

static int
copy_all(struct copy *copy, struct blob *blob)
{
	struct chunk *chunk = hasher_chunk(copy->hasher);
	struct inflate inflate;
	int result;

	if (read_chunk(copy, chunk) < 0 || inflate_start(&inflate, chunk->bytes,
					       chunk->length, copy->fault) < 0)
		return -1;
	copy->of_tar = hasher_digest(copy->hasher, copy->hash);
	if (inflate_is_plain(&inflate)) {
		result = copy_plain(copy, chunk);
	} else {
		copy->of_file = hasher_digest(copy->hasher, copy->hash);
		result = copy_inflated(copy, chunk, &inflate);
	}
	inflate_stop(&inflate);
	if (result < 0)
		return -1;
	blob->size = copy->out;
	blob->read = copy->in;
	hasher_finish(copy->hasher, copy->of_tar, blob->id);
	if (copy->of_file == NULL)
		memcpy(blob->digest, blob->id, sizeof blob->digest);
	else
		hasher_finish(copy->hasher, copy->of_file, blob->digest);
	return 0;
}

int
blob_copy(
    int from, int to, enum hash hash, struct blob *blob, struct fault *fault)
{
	struct copy copy = {
		.from = from,
		.to = { .fd = to },
		.hash = hash,
		.hasher = hasher_new(),
		.fault = fault,
	};
	int result;

	if (copy.hasher == NULL)
		return fault_errno(fault, "thread");
	(void)posix_fadvise(from, 0, 0, POSIX_FADV_SEQUENTIAL);
	result = copy_all(&copy, blob);
	hasher_free(copy.hasher);
	return result;
}
