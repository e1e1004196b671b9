/* SPDX-License-Identifier: Apache-2.0 */
/* spool - a file in the store's tmp that has no name until it is whole */

#include <stdlib.h>
#include <unistd.h>

#include "digest.h"
#include "dirs.h"
#include "filter.h"
#include "keeper.h"
#include "prog.h"
#include "publish.h"
#include "scope.h"
#include "spool.h"

void
spool_open(struct spool *spool, const char *hash)
{
	*spool = (struct spool){ .fd = keeper_open(), .hash = hash };
	if (spool->fd < 0)
		filter_fail(EX_CANTCREAT, "%s/cas/tmp", dirs_data());
	if (hash != NULL)
		spool->digest = digest_start(spool->fd, hash);
}

char *
spool_resume(struct spool *spool, const char *url, const char *hash)
{
	char *etag = NULL;
	int fd = keeper_take(url, &etag);

	if (fd < 0) {
		spool_open(spool, hash);
		return NULL;
	}
	*spool = (struct spool){
		.fd = fd, .hash = hash, .size = lseek(fd, 0, SEEK_CUR)
	};
	if (hash == NULL)
		return etag;
	spool->digest = digest_start(fd, hash);
	digest_grown(spool->digest, spool->size);
	return etag;
}

void
spool_note(struct spool *spool, const char *url, const char *etag)
{
	keeper_note(spool->fd, url, etag);
}

void
spool_restart(struct spool *spool)
{
	free(digest_end(spool->digest));
	spool->digest = NULL;
	if (ftruncate(spool->fd, 0) < 0 || lseek(spool->fd, 0, SEEK_SET) < 0)
		filter_fail(EX_IOERR, "%s/cas/tmp", dirs_data());
	spool->size = 0;
	if (spool->hash != NULL)
		spool->digest = digest_start(spool->fd, spool->hash);
}

void
spool_write(struct spool *spool, const void *bytes, size_t length)
{
	if (write_all(spool->fd, bytes, length) < 0)
		filter_fail(EX_IOERR, "%s/cas/tmp", dirs_data());
	spool->size += (int64_t)length;
	if (spool->digest != NULL)
		digest_grown(spool->digest, spool->size);
}

void
spool_name(struct spool *spool)
{
	spool->path = keeper_name(spool->fd);
	if (spool->path == NULL)
		filter_fail(EX_IOERR, "%s/cas/tmp", dirs_data());
}

char *
spool_digest(struct spool *spool)
{
	struct digest *digest = take_ptr(&spool->digest);
	char *text = digest_end(digest);

	if (text == NULL)
		filter_fail(EX_IOERR, "%s/cas/tmp", dirs_data());
	return text;
}

/* All but its descriptor. */
static int
let_go(struct spool *spool)
{
	int fd = spool->fd;

	free(digest_end(spool->digest));
	free(spool->path);
	*spool = (struct spool)SPOOL_NONE;
	return fd;
}

void
spool_leave(struct spool *spool)
{
	int fd = let_go(spool);

	if (fd >= 0)
		(void)close(fd);
}

void
spool_close(struct spool *spool)
{
	int fd = let_go(spool);

	if (fd >= 0)
		keeper_close(fd);
}
