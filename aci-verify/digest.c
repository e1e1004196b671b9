/* SPDX-License-Identifier: Apache-2.0 */
/* digest - hashes as records and key files write them */

#include <string.h>

#include "alloc.h"
#include "digest.h"

static char *
digest_text(const char *prefix, const unsigned char *bytes, size_t size)
{
	size_t head = strlen(prefix);
	char *text = xcalloc(head + 2 * size + 1, 1);
	char *at = text + head;

	memcpy(text, prefix, head);
	for (size_t i = 0; i < size; i++) {
		*at++ = "0123456789abcdef"[bytes[i] >> 4];
		*at++ = "0123456789abcdef"[bytes[i] & 15];
	}
	return text;
}

char *
digest_final(const char *prefix, EVP_MD_CTX *hash)
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned size = 0;
	int done = EVP_DigestFinal_ex(hash, bytes, &size);

	EVP_MD_CTX_free(hash);
	return done ? digest_text(prefix, bytes, size) : NULL;
}

EVP_MD_CTX *
digest_start(const EVP_MD *algorithm)
{
	EVP_MD_CTX *hash = EVP_MD_CTX_new();

	if (hash != NULL && EVP_DigestInit_ex(hash, algorithm, NULL))
		return hash;
	EVP_MD_CTX_free(hash);
	return NULL;
}

char *
digest_sha256(const void *bytes, size_t length)
{
	EVP_MD_CTX *hash = digest_start(EVP_sha256());

	if (hash == NULL)
		return NULL;
	if (EVP_DigestUpdate(hash, bytes, length))
		return digest_final("sha256-", hash);
	EVP_MD_CTX_free(hash);
	return NULL;
}
