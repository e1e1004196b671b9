/* SPDX-License-Identifier: Apache-2.0 */
/* spool - a file in the store's tmp that has no name until it is whole */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct digest;

/* Killed at any moment before spool_name(), a tool leaves nothing behind. */
struct spool {
	int fd;
	const char *hash;      /* its algorithm; NULL: not asked for */
	struct digest *digest; /* of what was written; NULL: not any more */
	int64_t size;
	char *path; /* NULL until it has a name */
};

/*
 * A new one, of the keeper's (keeper_confine() comes first).  This and the
 * functions below end the filter with one line if the disk or the kernel does
 * not play along.  hash is the algorithm of spool_digest(), see digest.h; NULL:
 * none.
 */
void spool_open(struct spool *spool, const char *hash);
void spool_write(struct spool *spool, const void *bytes, size_t length);

/*
 * The same with what an earlier run has left of what is at the URL, one of
 * keeper_expect(): its ETag, which the caller frees; NULL: it is empty.
 */
char *spool_resume(struct spool *spool, const char *url, const char *hash);

/* As keeper_note(). */
void spool_note(struct spool *spool, const char *url, const char *etag);

/* Drops all that was written: the file is as new. */
void spool_restart(struct spool *spool);

/* Gives it a name, spool->path, that goes when the filter fails. */
void spool_name(struct spool *spool);

/* As digest_end(), once, after the last write; the caller frees it. */
char *spool_digest(struct spool *spool);

/* Ends its use, but the keeper may keep it, see spool_note(). */
void spool_leave(struct spool *spool);

/* A file that has no name is gone then.  An empty struct is accepted. */
void spool_close(struct spool *spool);

/* What is opened by nothing: the initial value. */
#define SPOOL_NONE \
	{ \
		.fd = -1 \
	}
