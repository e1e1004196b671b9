/* SPDX-License-Identifier: Apache-2.0 */
/* fingerprint - an OpenPGP key's fingerprint (RFC 4880, section 12.2) */

#include <openssl/evp.h>

#include "alloc.h"
#include "openpgp.h"

char *
openpgp_fingerprint(const struct openpgp *keys)
{
	unsigned char digest[EVP_MAX_MD_SIZE], head[5];
	size_t length = 0, head_size;
	const unsigned char *key = openpgp_first(keys, &length);
	unsigned size = 0;
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	char *hex = NULL;
	int done;

	/* Version 4: 0x99 and a length of 16 bits; version 5: 0x9a and 32. */
	head_size = key != NULL && key[0] == 4 ? 3 : 5;
	head[0] = head_size == 3 ? 0x99 : 0x9a;
	for (size_t i = 1; i < head_size; i++)
		head[i] = (unsigned char)(length >> 8 * (head_size - 1 - i));
	done = key != NULL && md != NULL &&
	       EVP_DigestInit_ex(
		   md, head_size == 3 ? EVP_sha1() : EVP_sha256(), NULL) &&
	       EVP_DigestUpdate(md, head, head_size) &&
	       EVP_DigestUpdate(md, key, length) &&
	       EVP_DigestFinal_ex(md, digest, &size);
	EVP_MD_CTX_free(md);
	if (!done)
		return NULL;
	hex = xcalloc(2 * size + 1, 1);
	for (unsigned i = 0; i < size; i++) {
		hex[2 * i] = "0123456789abcdef"[digest[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
	}
	return hex;
}
