/* SPDX-License-Identifier: Apache-2.0 */
/* digest - the digest of a file while it is being written */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* A thread that reads behind the writer, since hashing would hold him up. */
struct digest;

/*
 * Of the file open at fd, which stays open until digest_end(); algorithm is
 * "sha512" or "sha256", and not copied.  Ends the filter if there is no thread
 * to be had.
 */
struct digest *digest_start(int fd, const char *algorithm);

/* The file has so many bytes now. */
void digest_grown(struct digest *digest, int64_t size);

/*
 * All is written: "sha512-" (or "sha256-") and the digits, for the caller to
 * free; NULL and errno if it could not be read back.  Ends the thread; NULL is
 * accepted.
 */
char *digest_end(struct digest *digest);

/*
 * Of bytes in memory, in hexadecimal behind the algorithm's name and a dash:
 * algorithm is "sha256" or "sha512".  The caller frees it.
 */
char *digest_bytes(const char *algorithm, const void *bytes, size_t length);
