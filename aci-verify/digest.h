/* SPDX-License-Identifier: Apache-2.0 */
/* digest - hashes as records and key files write them */
#pragma once

#include <stddef.h>

#include <openssl/evp.h>

/*
 * prefix ("sha256-", "") and the digits of an ended hash in lower case; the
 * caller frees it.  Frees the hash.  NULL: libcrypto failed.
 */
char *digest_final(const char *prefix, EVP_MD_CTX *hash);

/* A new hash; NULL: libcrypto failed. */
EVP_MD_CTX *digest_start(const EVP_MD *algorithm);

/* "sha256-" and the hash of these bytes; NULL: libcrypto failed. */
char *digest_sha256(const void *bytes, size_t length);
