/* SPDX-License-Identifier: Apache-2.0 */
/* stream - signed bytes on their way to gpg, hashed as they pass */
#pragma once

#include <stddef.h>
#include <sys/types.h>

struct stream;

/*
 * A stream of a file that is open for reading, from where it stands; a thread
 * of its own hashes it.  NULL: libcrypto failed, or no thread.
 */
struct stream *stream_open(int fd);

/* For gpgme: the next bytes of it.  0 at the end, -1 and errno. */
ssize_t stream_read(void *stream, void *buffer, size_t size);

/*
 * Frees the stream.  Returns "sha512-" and the hash of exactly the bytes that
 * were read, for the caller to free; NULL if that was not all, or failed.
 */
char *stream_close(struct stream *stream);
