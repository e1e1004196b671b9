/* SPDX-License-Identifier: Apache-2.0 */
/* hasher - sha512 and sha256 on a thread of their own
 *
 * Inflating and hashing cost about the same, so two threads halve the time.
 * Chunks small enough for a core's second-level cache go round and round.
 */

#include <errno.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "hasher.h"
#include "prog.h"

enum { CHUNKS = 8, DIGESTS = 2 };

struct digest {
	enum hash hash;
	EVP_MD_CTX *context;
};

struct hasher {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct chunk *unused;
	struct chunk *first, *last; /* waiting to be hashed */
	size_t busy;                /* waiting, or being hashed */
	bool end;
	struct chunk *chunks;
	struct digest digests[DIGESTS];
	size_t digest_count;
};

static struct chunk *
take_work(struct hasher *hasher)
{
	struct chunk *chunk;

	(void)pthread_mutex_lock(&hasher->lock);
	while (hasher->first == NULL && !hasher->end)
		(void)pthread_cond_wait(&hasher->changed, &hasher->lock);
	chunk = hasher->first;
	if (chunk != NULL)
		hasher->first = chunk->next;
	(void)pthread_mutex_unlock(&hasher->lock);
	return chunk;
}

static void
give_back(struct hasher *hasher, struct chunk *chunk)
{
	(void)pthread_mutex_lock(&hasher->lock);
	chunk->next = hasher->unused;
	hasher->unused = chunk;
	hasher->busy--;
	(void)pthread_cond_broadcast(&hasher->changed);
	(void)pthread_mutex_unlock(&hasher->lock);
}

static void *
hash_all(void *data)
{
	struct hasher *hasher = data;

	for (struct chunk *c; (c = take_work(hasher)) != NULL;) {
		if (EVP_DigestUpdate(c->digest->context, c->bytes, c->length) !=
		    1)
			prog_diex("libcrypto: cannot hash");
		give_back(hasher, c);
	}
	return NULL;
}

struct hasher *
hasher_new(void)
{
	struct hasher *hasher = xcalloc(1, sizeof *hasher);
	int error;

	hasher->chunks = xreallocarray(NULL, CHUNKS, sizeof *hasher->chunks);
	for (size_t i = 0; i < CHUNKS; i++) {
		hasher->chunks[i].next = hasher->unused;
		hasher->unused = &hasher->chunks[i];
	}
	(void)pthread_mutex_init(&hasher->lock, NULL);
	(void)pthread_cond_init(&hasher->changed, NULL);
	error = pthread_create(&hasher->thread, NULL, hash_all, hasher);
	if (error == 0)
		return hasher;
	free(hasher->chunks);
	free(hasher);
	errno = error;
	return NULL;
}

void
hasher_free(struct hasher *hasher)
{
	if (hasher == NULL)
		return;
	(void)pthread_mutex_lock(&hasher->lock);
	hasher->end = true;
	(void)pthread_cond_broadcast(&hasher->changed);
	(void)pthread_mutex_unlock(&hasher->lock);
	(void)pthread_join(hasher->thread, NULL);
	for (size_t i = 0; i < hasher->digest_count; i++)
		EVP_MD_CTX_free(hasher->digests[i].context);
	(void)pthread_cond_destroy(&hasher->changed);
	(void)pthread_mutex_destroy(&hasher->lock);
	free(hasher->chunks);
	free(hasher);
}

struct digest *
hasher_digest(struct hasher *hasher, enum hash hash)
{
	struct digest *digest = &hasher->digests[hasher->digest_count];

	if (hasher->digest_count == DIGESTS)
		prog_diex("hasher: too many digests");
	digest->hash = hash;
	digest->context = EVP_MD_CTX_new();
	if (digest->context == NULL ||
	    EVP_DigestInit_ex(digest->context,
		hash == HASH_SHA512 ? EVP_sha512() : EVP_sha256(), NULL) != 1)
		prog_diex("libcrypto: no sha512 or sha256");
	hasher->digest_count++;
	return digest;
}

struct chunk *
hasher_chunk(struct hasher *hasher)
{
	struct chunk *chunk;

	(void)pthread_mutex_lock(&hasher->lock);
	while (hasher->unused == NULL)
		(void)pthread_cond_wait(&hasher->changed, &hasher->lock);
	chunk = hasher->unused;
	hasher->unused = chunk->next;
	(void)pthread_mutex_unlock(&hasher->lock);
	chunk->next = NULL;
	chunk->length = 0;
	return chunk;
}

void
hasher_add(struct hasher *hasher, struct digest *digest, struct chunk *chunk)
{
	chunk->digest = digest;
	(void)pthread_mutex_lock(&hasher->lock);
	if (hasher->first == NULL)
		hasher->first = chunk;
	else
		hasher->last->next = chunk;
	hasher->last = chunk;
	hasher->busy++;
	(void)pthread_cond_broadcast(&hasher->changed);
	(void)pthread_mutex_unlock(&hasher->lock);
}

void
hasher_finish(
    struct hasher *hasher, struct digest *digest, char text[DIGEST_TEXT])
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned length = 0;

	(void)pthread_mutex_lock(&hasher->lock);
	while (hasher->busy > 0)
		(void)pthread_cond_wait(&hasher->changed, &hasher->lock);
	(void)pthread_mutex_unlock(&hasher->lock);
	if (EVP_DigestFinal_ex(digest->context, bytes, &length) != 1)
		prog_diex("libcrypto: cannot hash");
	memcpy(text, digest->hash == HASH_SHA512 ? "sha512-" : "sha256-", 7);
	for (unsigned i = 0; i < length; i++)
		(void)snprintf(text + 7 + 2 * i, 3, "%02x", bytes[i]);
}
