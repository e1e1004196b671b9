/* SPDX-License-Identifier: Apache-2.0 */
/* digest - the digest of a file while it is being written */

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "alloc.h"
#include "digest.h"
#include "filter.h"
#include "prog.h"
#include "scope.h"

enum { CHUNK = 256 * 1024 };

struct digest {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more;
	int64_t size; /* under the lock: bytes that can be read */
	bool end;     /* under the lock: there will be no more */
	int64_t done; /* the thread's: bytes that are hashed */
	int error;    /* the thread's: errno */
	int fd;
	const char *algorithm;
	EVP_MD_CTX *hash;
	unsigned char buffer[CHUNK];
};

/* Hashes as many of the bytes that are there as fit the buffer. */
static int
hash_some(struct digest *digest, int64_t size)
{
	int64_t left = size - digest->done;
	size_t want = left < CHUNK ? (size_t)left : CHUNK;
	ssize_t n =
	    pread(digest->fd, digest->buffer, want, (off_t)digest->done);

	if (n < 0 && errno == EINTR)
		return 0;
	if (n < 0)
		return errno;
	/* Nobody but us knows of the file: it cannot have shrunk. */
	if (n == 0 ||
	    EVP_DigestUpdate(digest->hash, digest->buffer, (size_t)n) != 1)
		return EIO;
	digest->done += n;
	return 0;
}

/* Waits for a whole chunk, or for the end; the number of bytes then. */
static int64_t
wait_more(struct digest *digest)
{
	int64_t size;

	(void)pthread_mutex_lock(&digest->lock);
	while (!digest->end && digest->size - digest->done < CHUNK)
		(void)pthread_cond_wait(&digest->more, &digest->lock);
	size = digest->size;
	(void)pthread_mutex_unlock(&digest->lock);
	return size;
}

static void *
follow(void *data)
{
	struct digest *digest = data;

	while (digest->error == 0) {
		int64_t size = wait_more(digest);

		if (size == digest->done)
			break;
		digest->error = hash_some(digest, size);
	}
	return NULL;
}

struct digest *
digest_start(int fd, const char *algorithm)
{
	struct digest *digest = xcalloc(1, sizeof *digest);

	digest->fd = fd;
	(void)pthread_mutex_init(&digest->lock, NULL);
	(void)pthread_cond_init(&digest->more, NULL);
	digest->algorithm = algorithm;
	digest->hash = EVP_MD_CTX_new();
	if (digest->hash == NULL ||
	    EVP_DigestInit_ex(
		digest->hash, EVP_get_digestbyname(algorithm), NULL) != 1)
		filter_failx(EX_SOFTWARE, "libcrypto: no %s", algorithm);
	errno = pthread_create(&digest->thread, NULL, follow, digest);
	if (errno != 0)
		filter_fail(EX_OSERR, "no thread");
	return digest;
}

/* Wakes the thread for whole chunks only. */
void
digest_grown(struct digest *digest, int64_t size)
{
	bool wake;

	(void)pthread_mutex_lock(&digest->lock);
	wake = size / CHUNK != digest->size / CHUNK;
	digest->size = size;
	(void)pthread_mutex_unlock(&digest->lock);
	if (wake)
		(void)pthread_cond_signal(&digest->more);
}

static char *
hexadecimal(const char *algorithm, EVP_MD_CTX *hash)
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned length = 0;
	char hex[2 * EVP_MAX_MD_SIZE + 1] = "";

	if (EVP_DigestFinal_ex(hash, bytes, &length) != 1)
		return NULL;
	for (unsigned i = 0; i < length; i++)
		(void)snprintf(hex + (size_t)2 * i, 3, "%02x", bytes[i]);
	return xasprintf("%s-%s", algorithm, hex);
}

char *
digest_end(struct digest *digest)
{
	char *text = NULL;
	int error;

	if (digest == NULL)
		return NULL;
	(void)pthread_mutex_lock(&digest->lock);
	digest->end = true;
	(void)pthread_mutex_unlock(&digest->lock);
	(void)pthread_cond_signal(&digest->more);
	(void)pthread_join(digest->thread, NULL);
	error = digest->error;
	if (error == 0)
		text = hexadecimal(digest->algorithm, digest->hash);
	EVP_MD_CTX_free(digest->hash);
	(void)pthread_cond_destroy(&digest->more);
	(void)pthread_mutex_destroy(&digest->lock);
	free(digest);
	errno = error;
	return text;
}

char *
digest_bytes(const char *algorithm, const void *bytes, size_t length)
{
	const EVP_MD *how = EVP_get_digestbyname(algorithm);
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	char *text = NULL;

	if (how != NULL && hash != NULL &&
	    EVP_DigestInit_ex(hash, how, NULL) == 1 &&
	    EVP_DigestUpdate(hash, bytes, length) == 1)
		text = hexadecimal(algorithm, hash);
	EVP_MD_CTX_free(hash);
	if (text == NULL)
		filter_failx(EX_SOFTWARE, "libcrypto: no %s", algorithm);
	return text;
}
