/* SPDX-License-Identifier: Apache-2.0 */
/* spool - a file in the store's tmp that has no name until it is whole */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "alloc.h"
#include "confine.h"
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
spool_open(struct spool *spool, int dir, bool hashed)
{
	*spool = (struct spool){ .fd = publish_open(dir, 0600), .dir = dir };
	if (spool->fd < 0)
		filter_fail(EX_CANTCREAT, "%s/cas/tmp", dirs_data());
	if (!hashed)
		return;
	spool->hash = EVP_MD_CTX_new();
	if (spool->hash == NULL ||
	    EVP_DigestInit_ex(spool->hash, EVP_sha512(), NULL) != 1)
		filter_failx(EX_SOFTWARE, "libcrypto: no sha512");
}

void
spool_write(struct spool *spool, const void *bytes, size_t length)
{
	if (write_all(spool->fd, bytes, length) < 0)
		filter_fail(EX_IOERR, "%s/cas/tmp", dirs_data());
	spool->size += (int64_t)length;
	if (spool->hash != NULL &&
	    EVP_DigestUpdate(spool->hash, bytes, length) != 1)
		filter_failx(EX_SOFTWARE, "libcrypto: sha512 failed");
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
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned length = 0;
	char hex[2 * EVP_MAX_MD_SIZE + 1] = "";

	if (EVP_DigestFinal_ex(spool->hash, digest, &length) != 1)
		filter_failx(EX_SOFTWARE, "libcrypto: sha512 failed");
	for (unsigned i = 0; i < length; i++)
		(void)snprintf(hex + (size_t)2 * i, 3, "%02x", digest[i]);
	return xasprintf("sha512-%s", hex);
}

void
spool_close(struct spool *spool)
{
	if (spool->fd >= 0)
		(void)close(spool->fd);
	EVP_MD_CTX_free(spool->hash);
	free(spool->path);
	*spool = (struct spool)SPOOL_NONE;
}

void
spool_confine(const struct confine *rules)
{
	autofree char *tmp = xasprintf("%s/cas/tmp", dirs_data());
	const struct confine more[] = { { tmp, CONFINE_READ | CONFINE_WRITE },
		{ NULL, 0 } };

	if (confine(rules, more) < 0)
		filter_fail(EX_OSERR, "cannot give up rights");
}
