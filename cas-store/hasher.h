/* SPDX-License-Identifier: Apache-2.0 */
/* hasher - sha512 and sha256 on a thread of their own */
#pragma once

#include <stddef.h>

enum {
	CHUNK_SIZE = 256 * 1024,
	DIGEST_TEXT = 7 + 128 + 1, /* "sha512-", the digits and a NUL */
};

enum hash { HASH_SHA512, HASH_SHA256 };

/* Bytes on their way: filled by the caller, then given to the thread. */
struct chunk {
	struct chunk *next;
	struct digest *digest;
	size_t length;
	unsigned char bytes[CHUNK_SIZE];
};

/*
 * Starts the thread; NULL and errno if that fails.  hasher_free() waits for
 * the thread to finish what it was given.
 */
struct hasher *hasher_new(void);
void hasher_free(struct hasher *hasher);

/* A new digest, which lives as long as the hasher; two at most. */
struct digest *hasher_digest(struct hasher *hasher, enum hash hash);

/* An empty chunk; waits until one is free.  Two may be held at a time. */
struct chunk *hasher_chunk(struct hasher *hasher);

/* Gives the chunk away, its length set, as the next part of the digest. */
void hasher_add(
    struct hasher *hasher, struct digest *digest, struct chunk *chunk);

/* Waits until all is hashed, and writes "sha512-" or "sha256-" and digits. */
void hasher_finish(
    struct hasher *hasher, struct digest *digest, char text[DIGEST_TEXT]);
