/* SPDX-License-Identifier: Apache-2.0 */
/* fingerprint - an OpenPGP key's fingerprint (RFC 4880, section 12.2) */

#include "digest.h"
#include "openpgp.h"

/* Version 4: 0x99 and a length of 16 bits; version 5: 0x9a and 32. */
static char *
hash_key(const struct packet *key)
{
	bool is_v4 = key->body[0] == 4;
	size_t size = is_v4 ? 3 : 5;
	unsigned char head[5] = { is_v4 ? 0x99 : 0x9a };
	EVP_MD_CTX *hash = digest_start(is_v4 ? EVP_sha1() : EVP_sha256());

	if (hash == NULL)
		return NULL;
	for (size_t i = 1; i < size; i++)
		head[i] = (unsigned char)(key->length >> 8 * (size - 1 - i));
	if (EVP_DigestUpdate(hash, head, size) &&
	    EVP_DigestUpdate(hash, key->body, key->length))
		return digest_final("", hash);
	EVP_MD_CTX_free(hash);
	return NULL;
}

char *
openpgp_fingerprint(const struct openpgp *keys)
{
	const unsigned char *at = keys->bytes;
	size_t left = keys->length;
	struct packet key;

	return left > 0 && packet_next(&at, &left, &key) ? hash_key(&key)
							 : NULL;
}
