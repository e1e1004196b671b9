/* SPDX-License-Identifier: Apache-2.0 */
/* tarball - a tar of files that have no business in the file system
 *
 * libarchive reads it, with nothing switched on but tar and the compressions
 * that people use: its other readers are where its bugs are found.
 */

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "alloc.h"
#include "escape.h"
#include "filter.h"
#include "members.h"
#include "prog.h"
#include "scope.h"
#include "spool.h"
#include "tarball.h"

enum {
	FILES_MAX = 1000,
	ENTRIES_MAX = 10000,
	BLOCK = 64 * 1024,
	BUFFER = 256 * 1024,
	NAME_MAX_BYTES = 1024,
	/* What a compressed byte may become; small files may be zeros. */
	RATIO_MAX = 1000,
	RATIO_FROM = 64 * 1024 * 1024,
	/* What is small waits in memory; of the rest each has a descriptor. */
	SMALL = 64 * 1024,
	SMALL_ALL = 16 * 1024 * 1024,
	LARGE_MAX = 200,
};

struct reading {
	struct archive *archive;
	struct members *members;
	int64_t left;
	int64_t done;
	unsigned files, large;
	size_t small; /* bytes in memory */
};

static _Noreturn void
refuse(const struct reading *reading, const char *why)
{
	autofree char *shown = escape(why);

	filter_failx(
	    EX_DATAERR, "%s: %s", members_shown(reading->members), shown);
}

/* Only ARCHIVE_OK is good: a warning is that something was guessed. */
static void
must(const struct reading *reading, int result)
{
	const char *why = archive_error_string(reading->archive);

	if (result != ARCHIVE_OK)
		refuse(reading, why == NULL ? "cannot be read" : why);
}

static void
start(const struct reading *reading, int fd)
{
	struct archive *archive = reading->archive;

	if (archive == NULL)
		filter_failx(EX_SOFTWARE, "libarchive cannot be set up");
	must(reading, archive_read_support_filter_gzip(archive));
	must(reading, archive_read_support_filter_bzip2(archive));
	must(reading, archive_read_support_filter_xz(archive));
	must(reading, archive_read_support_filter_zstd(archive));
	must(reading, archive_read_support_format_tar(archive));
	must(reading, archive_read_open_fd(archive, fd, BLOCK));
}

/* "./a//b/../c/" as "a/c"; NULL if that would lead out of the archive. */
static char *
plain_name(const char *dir, const char *name)
{
	autofree char *path = xasprintf("%s/%s", dir, name);
	char *plain = xcalloc(strlen(path) + 2, 1);
	size_t length = 0;
	char *rest = path;

	for (char *word; (word = strsep(&rest, "/")) != NULL;) {
		if (*word == '\0' || strcmp(word, ".") == 0)
			continue;
		if (strcmp(word, "..") != 0) {
			if (length > 0)
				plain[length++] = '/';
			memcpy(plain + length, word, strlen(word) + 1);
			length += strlen(word);
			continue;
		}
		if (length == 0) {
			free(plain);
			return NULL;
		}
		while (length > 0 && plain[--length] != '/')
			;
		plain[length] = '\0';
	}
	return plain;
}

static void
check_growth(const struct reading *reading, int64_t in)
{
	if (reading->done > reading->left)
		refuse(reading, "larger than allowed");
	if (reading->done > RATIO_FROM && reading->done / RATIO_MAX > in)
		refuse(reading, "unpacks to more than 1000 times its size");
}

/* Fills the buffer as far as the member goes. */
static size_t
read_some(struct reading *reading, char *buffer, size_t room)
{
	size_t length = 0;

	while (length < room) {
		la_ssize_t n = archive_read_data(
		    reading->archive, buffer + length, room - length);

		if (n < 0)
			must(reading, (int)n);
		if (n == 0)
			break;
		reading->done += n;
		check_growth(
		    reading, archive_filter_bytes(reading->archive, -1));
		length += (size_t)n;
	}
	return length;
}

static void
take_large(
    struct reading *reading, const char *name, char *buffer, size_t length)
{
	struct spool spool;
	char *digest;

	if (reading->large++ == LARGE_MAX)
		refuse(reading, "more than 200 large files");
	spool_open(&spool, "sha256");
	for (; length > 0; length = read_some(reading, buffer, BUFFER))
		spool_write(&spool, buffer, length);
	digest = spool_digest(&spool);
	members_add_spool(reading->members, name, &spool, digest);
}

static void
take_file(struct reading *reading, const char *name)
{
	static char buffer[BUFFER];
	size_t length = read_some(reading, buffer, BUFFER);

	if (reading->files++ == FILES_MAX)
		refuse(reading, "more than 1000 files");
	if (length > SMALL || reading->small + length > SMALL_ALL) {
		take_large(reading, name, buffer, length);
	} else {
		reading->small += length;
		members_add(reading->members, name, buffer, length);
	}
}

/* docker save links equal layers: "../ID/layer.tar", seen from where it is. */
static void
take_link(struct reading *reading, const char *name, const char *target,
    bool symbolic)
{
	autofree char *dir = xstrdup(name);
	autofree char *plain = NULL;
	char *slash = strrchr(dir, '/');

	if (target == NULL)
		return;
	*(slash == NULL ? dir : slash) = '\0';
	plain = plain_name(symbolic && *target != '/' ? dir : "", target);
	if (plain != NULL)
		members_add_link(reading->members, name, plain);
}

static void
take_entry(struct reading *reading, struct archive_entry *entry)
{
	const char *text = archive_entry_pathname(entry);
	const char *hard = archive_entry_hardlink(entry);
	autofree char *name = text == NULL || strlen(text) > NAME_MAX_BYTES
				  ? NULL
				  : plain_name("", text);

	/* A name that leads out of it, or is none, is nothing to us. */
	if (name == NULL || *name == '\0')
		return;
	if (hard != NULL)
		take_link(reading, name, hard, false);
	else if (archive_entry_filetype(entry) == AE_IFLNK)
		take_link(reading, name, archive_entry_symlink(entry), true);
	else if (archive_entry_filetype(entry) == AE_IFREG)
		take_file(reading, name);
}

void
tarball_read(int fd, struct members *members, int64_t max)
{
	struct reading reading = {
		.archive = archive_read_new(), .members = members, .left = max
	};
	struct archive_entry *entry;
	unsigned entries = 0;
	int result;

	start(&reading, fd);
	while ((result = archive_read_next_header(reading.archive, &entry)) !=
	       ARCHIVE_EOF) {
		must(&reading, result);
		if (entries++ == ENTRIES_MAX)
			refuse(&reading, "more than 10000 entries");
		take_entry(&reading, entry);
	}
	(void)archive_read_free(reading.archive);
}
