/* SPDX-License-Identifier: Apache-2.0 */
/* spool - a file in the store's tmp that has no name until it is whole */

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "alloc.h"
#include "confine.h"
#include "digest.h"
#include "dirs.h"
#include "filter.h"
#include "prog.h"
#include "publish.h"
#include "scope.h"
#include "spool.h"
#include "uuid.h"

int
spool_dir(void)
{
	int dir = dirs_open_data("cas/tmp");

	if (dir < 0 && errno == EBADMSG)
		filter_failx(EX_CONFIG, "%s: the store of another rkt (cas/db)",
		    dirs_data());
	if (dir < 0)
		filter_fail(EX_CANTCREAT, "%s/cas/tmp", dirs_data());
	return dir;
}

void
spool_open(struct spool *spool, int dir, const char *hash)
{
	*spool = (struct spool){
		.fd = publish_open(dir, 0600), .dir = dir, .hash = hash
	};
	if (spool->fd < 0)
		filter_fail(EX_CANTCREAT, "%s/cas/tmp", dirs_data());
	if (hash != NULL)
		spool->digest = digest_start(spool->fd, hash);
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
	char uuid[UUID_SIZE];
	autofree char *self = xasprintf("/proc/self/fd/%d", spool->fd);
	autofree char *name = NULL;

	uuid_make(uuid);
	name = xasprintf("fetch-%s", uuid);
	spool->path = xasprintf("%s/cas/tmp/%s", dirs_data(), name);
	if (linkat(AT_FDCWD, self, spool->dir, name, AT_SYMLINK_FOLLOW) < 0)
		filter_fail(EX_IOERR, "%s", spool->path);
	filter_unlink_on_failure(spool->path);
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

void
spool_close(struct spool *spool)
{
	free(digest_end(spool->digest));
	if (spool->fd >= 0)
		(void)close(spool->fd);
	free(spool->path);
	*spool = (struct spool)SPOOL_NONE;
}

void
spool_confine(const struct confine *rules)
{
	autofree char *tmp = xasprintf("%s/cas/tmp", dirs_data());
	autofree char *remote = xasprintf("%s/cas/remote", dirs_data());
	autofree char *images = xasprintf("%s/cas/image", dirs_data());
	const struct confine more[] = { { tmp, CONFINE_READ | CONFINE_WRITE },
		{ remote, CONFINE_READ }, { images, CONFINE_READ },
		{ NULL, 0 } };

	if (confine(rules, more) < 0)
		filter_fail(EX_OSERR, "cannot give up rights");
}
