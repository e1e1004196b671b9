/* SPDX-License-Identifier: Apache-2.0 */
/* blob - an image file's tar into the store, hashed on its way */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "blob.h"
#include "inflate.h"
#include "publish.h"

/* The largest tar, and what a compressed byte may become in one. */
#define BLOB_MAX (UINT64_C(64) << 30)
enum {
	RATIO_MAX = 1000,
	RATIO_FROM = 64 * 1024 * 1024, /* small files may be all zeros */
};

/* Start the disk writing after so much; the fsync(2) at the end is short. */
enum { WRITE_BEHIND = 8 * 1024 * 1024 };

struct copy {
	int from;
	int to;
	uint64_t in;
	uint64_t out;
	uint64_t behind; /* the disk was told to write up to here */
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
	if (write_all(copy->to, chunk->bytes, chunk->length) < 0)
		return fault_errno(copy->fault, "write");
	if (copy->out - copy->behind >= WRITE_BEHIND) {
		(void)sync_file_range(copy->to, (off_t)copy->behind,
		    (off_t)(copy->out - copy->behind), SYNC_FILE_RANGE_WRITE);
		copy->behind = copy->out;
	}
	return 0;
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

/* Inflates what is in the decoder's input, chunk by chunk. */
static int
inflate_input(struct copy *copy, struct inflate *inflate)
{
	bool full = true;

	while (full) {
		struct chunk *chunk = hasher_chunk(copy->hasher);

		inflate->next_out = chunk->bytes;
		inflate->left_out = CHUNK_SIZE;
		if (inflate_run(inflate, copy->at_end, copy->fault) < 0)
			return -1;
		full = inflate->left_out == 0;
		chunk->length = CHUNK_SIZE - inflate->left_out;
		if (write_chunk(copy, chunk) < 0)
			return -1;
		hasher_add(copy->hasher, copy->of_tar, chunk);
	}
	return 0;
}

static int
copy_inflated(struct copy *copy, struct chunk *chunk, struct inflate *inflate)
{
	for (;;) {
		inflate->next_in = chunk->bytes;
		inflate->left_in = chunk->length;
		if (inflate_input(copy, inflate) < 0)
			return -1;
		/* Only now: the decoder reads no more of it. */
		hasher_add(copy->hasher, copy->of_file, chunk);
		if (copy->at_end)
			break;
		chunk = hasher_chunk(copy->hasher);
		if (read_chunk(copy, chunk) < 0)
			return -1;
	}
	return inflate_done(inflate)
		   ? 0
		   : fault_set(copy->fault, EX_DATAERR, "truncated");
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
		.to = to,
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
