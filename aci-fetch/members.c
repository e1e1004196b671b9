/* SPDX-License-Identifier: Apache-2.0 */
/* members - the files of a layout, be it a directory or an archive */

#include <errno.h>
#include <search.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "alloc.h"
#include "digest.h"
#include "escape.h"
#include "filter.h"
#include "keeper.h"
#include "members.h"
#include "pair.h"
#include "path.h"
#include "prog.h"
#include "scope.h"
#include "tarball.h"

enum { LINKS_MAX = 8 }; /* one after the other */

struct member {
	char *name;
	char *target; /* of a link; else NULL */
	char *bytes;  /* NULL: they are in the spool */
	struct spool spool;
	int64_t size;
	char *digest;
};

struct members {
	char *shown;
	bool directory;
	int64_t left; /* bytes that may still come from a directory */
	void *names;  /* of an archive: tsearch(3) of struct member */
};

static int
compare(const void *a, const void *b)
{
	const struct member *one = a, *two = b;

	return strcmp(one->name, two->name);
}

struct members *
members_of_directory(const char *shown, int64_t max)
{
	struct members *members = xcalloc(1, sizeof *members);

	members->shown = xstrdup(shown);
	members->directory = true;
	members->left = max;
	return members;
}

struct members *
members_of_archive(int fd, const char *shown, int64_t max)
{
	struct members *members = xcalloc(1, sizeof *members);

	members->shown = xstrdup(shown);
	tarball_read(fd, members, max);
	return members;
}

const char *
members_shown(const struct members *members)
{
	return members->shown;
}

void
members_refuse(const struct members *members, const char *name, const char *why)
{
	autofree char *shown = escape(name);

	filter_failx(EX_DATAERR, "%s: %s: %s", members->shown, shown, why);
}

static struct member *
add(struct members *members, const char *name)
{
	struct member *member = xcalloc(1, sizeof *member);
	void *found;

	member->name = xstrdup(name);
	member->spool = (struct spool)SPOOL_NONE;
	found = tsearch(member, &members->names, compare);
	if (found == NULL)
		prog_die("members");
	/* Readers would take one or the other. */
	if (*(struct member **)found != member)
		members_refuse(members, name, "there twice");
	return member;
}

void
members_add(
    struct members *members, const char *name, const void *bytes, size_t length)
{
	struct member *member = add(members, name);

	member->bytes = xcalloc(length + 1, 1);
	if (length > 0)
		memcpy(member->bytes, bytes, length);
	member->size = (int64_t)length;
	member->digest = digest_bytes("sha256", member->bytes, length);
}

void
members_add_spool(struct members *members, const char *name,
    const struct spool *spool, char *digest)
{
	struct member *member = add(members, name);

	member->spool = *spool;
	member->size = spool->size;
	member->digest = digest;
}

void
members_add_link(struct members *members, const char *name, const char *target)
{
	add(members, name)->target = xstrdup(target);
}

/* Through links, which are names in the archive and nothing else. */
static struct member *
find(const struct members *members, const char *name)
{
	union {
		const char *in;
		char *out;
	} borrowed = { .in = name };
	struct member key = { .name = borrowed.out };

	for (int i = 0; i < LINKS_MAX; i++) {
		void *found = tfind(&key, &members->names, compare);
		struct member *member =
		    found == NULL ? NULL : *(struct member **)found;

		if (member == NULL || member->target == NULL)
			return member;
		key.name = member->target;
	}
	return NULL;
}

/* -1: there is none. */
static int
open_file(const struct members *members, const char *name)
{
	autofd int fd = keeper_read(name);
	autofree char *shown = escape(name);
	struct stat file;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return -1;
	if (fd < 0 || fstat(fd, &file) < 0)
		filter_fail(EX_IOERR, "%s: %s", members->shown, shown);
	if (!S_ISREG(file.st_mode))
		members_refuse(members, name, "not a regular file");
	return take_fd(&fd);
}

static int
copy_file(struct members *members, const char *name, struct spool *spool,
    char **digest)
{
	autofd int fd = open_file(members, name);
	autofree char *path = xasprintf("%s/%s", members->shown, name);

	if (fd < 0)
		return -1;
	spool_open(spool, "sha256");
	pair_copy(fd, path, members->left, spool);
	members->left -= spool->size;
	*digest = spool_digest(spool);
	return 0;
}

int
members_take(struct members *members, const char *name, struct spool *spool,
    char **digest)
{
	struct member *member;

	if (members->directory)
		return copy_file(members, name, spool, digest);
	member = find(members, name);
	if (member == NULL || (member->bytes == NULL && member->spool.fd < 0))
		return -1;
	*digest = xstrdup(member->digest);
	if (member->bytes != NULL) {
		spool_open(spool, NULL);
		spool_write(spool, member->bytes, (size_t)member->size);
		return 0;
	}
	*spool = member->spool;
	member->spool = (struct spool)SPOOL_NONE;
	return 0;
}

int
members_describe(const struct members *members, const char *name, char **digest,
    int64_t *size)
{
	const struct member *member = find(members, name);

	if (member == NULL)
		return -1;
	*digest = xstrdup(member->digest);
	*size = member->size;
	return 0;
}

char *
members_read(
    struct members *members, const char *name, size_t max, size_t *length)
{
	const struct member *member = NULL;
	autofd int opened = -1;
	char *bytes;

	if (members->directory)
		opened = open_file(members, name);
	else
		member = find(members, name);
	if (opened < 0 && member == NULL)
		return NULL;
	if (member != NULL && member->bytes != NULL) {
		if ((uint64_t)member->size > max)
			members_refuse(members, name, "too large");
		*length = (size_t)member->size;
		bytes = xcalloc(*length + 1, 1);
		return memcpy(bytes, member->bytes, *length);
	}
	bytes = path_read_fd(
	    member != NULL ? member->spool.fd : opened, max, length);
	if (bytes == NULL && errno == EFBIG)
		members_refuse(members, name, "too large");
	if (bytes == NULL)
		filter_fail(EX_IOERR, "%s: %s", members->shown, name);
	return bytes;
}

static void
member_free(void *data)
{
	struct member *member = data;

	free(member->name);
	free(member->target);
	free(member->bytes);
	free(member->digest);
	spool_close(&member->spool);
	free(member);
}

void
members_free(struct members *members)
{
	tdestroy(members->names, member_free);
	free(members->shown);
	free(members);
}
