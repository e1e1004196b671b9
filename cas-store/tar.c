/* SPDX-License-Identifier: Apache-2.0 */
/* tar - the entries of a tar archive, and where their data lies in it
 *
 * Our own reader and not libarchive's, although that is at hand: an index
 * needs the offset of the data, which libarchive keeps to itself, and names
 * byte for byte, while libarchive takes those of an extended header for UTF-8
 * and normalises them (in the C locale it gives up).  What is read here is
 * POSIX ustar and pax, and GNU's long names, base-256 numbers and sparse
 * files.  Nothing is guessed: what two readers could take for two things is
 * refused, and so is what we do not know.
 */

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "alloc.h"
#include "header.h"
#include "pax.h"
#include "scope.h"
#include "sparse.h"
#include "tar.h"

enum {
	BODY_MAX = 1024 * 1024, /* of an extended header or a long name */
	LINK_MAX_LENGTH = PATH_MAX - 1, /* what symlink(2) takes */
};

/* What stands before an entry and belongs to it. */
struct before {
	struct pax pax;
	char *name; /* GNU: type L */
	char *link; /* GNU: type K */
};

int
tar_refuse(struct tar *tar, const char *format, ...)
{
	autofree char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	return fault_set(tar->fault, EX_DATAERR, "entry %llu: %s",
	    (unsigned long long)tar->count, text == NULL ? "" : text);
}

uint64_t
tar_round(uint64_t n)
{
	return (n + TAR_BLOCK - 1) & ~(uint64_t)(TAR_BLOCK - 1);
}

static int
read_at(struct tar *tar, void *bytes, size_t length, uint64_t at)
{
	char *to = bytes;

	while (length > 0) {
		ssize_t n = pread(tar->fd, to, length, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fault_errno(tar->fault, "read");
		if (n == 0)
			return fault_set(
			    tar->fault, EX_IOERR, "shorter than it was");
		to += n;
		at += (uint64_t)n;
		length -= (size_t)n;
	}
	return 0;
}

const unsigned char *
tar_block(struct tar *tar, uint64_t at)
{
	uint64_t left = at > tar->size ? 0 : tar->size - at;

	if (left < TAR_BLOCK) {
		(void)fault_set(tar->fault, EX_DATAERR, "truncated");
		return NULL;
	}
	if (at < tar->window_at ||
	    at + TAR_BLOCK > tar->window_at + tar->window_length) {
		/* Ahead only where headers follow each other: to copy what is
		 * between them is most of what a reader costs. */
		size_t want = at == tar->window_at + tar->window_length
				  ? TAR_WINDOW
				  : TAR_BLOCK;

		tar->window_length = 0;
		if (left > want)
			left = want;
		if (read_at(tar, tar->window, left, at) < 0)
			return NULL;
		tar->window_at = at;
		tar->window_length = left;
	}
	return tar->window + (at - tar->window_at);
}

char *
tar_read(struct tar *tar, uint64_t at, uint64_t length, size_t max)
{
	autofree char *bytes = NULL;

	if (length > max) {
		(void)tar_refuse(tar, "longer than %zu bytes", max);
		return NULL;
	}
	if (at > tar->size || length > tar->size - at) {
		(void)fault_set(tar->fault, EX_DATAERR, "truncated");
		return NULL;
	}
	bytes = xcalloc((size_t)length + 1, 1);
	if (read_at(tar, bytes, (size_t)length, at) < 0)
		return NULL;
	return take_ptr(&bytes);
}

int
tar_start(struct tar *tar, int fd, uint64_t size, struct fault *fault)
{
	*tar = (struct tar){ .fd = fd, .size = size, .fault = fault };
	if (size % TAR_BLOCK == 0)
		return 0;
	return fault_set(fault, EX_DATAERR,
	    "truncated: its last record is not %d bytes", TAR_BLOCK);
}

static bool
is_zero(const unsigned char *bytes, size_t length)
{
	return length == 0 ||
	       (*bytes == 0 && memcmp(bytes, bytes + 1, length - 1) == 0);
}

/* After the first block of zeros: another, and then nothing but zeros. */
static int
check_end(struct tar *tar, const struct before *before)
{
	uint64_t at = tar->next;

	if (before->pax.any || before->name != NULL || before->link != NULL)
		return tar_refuse(tar, "a header without its entry");
	if (tar->size - at < (uint64_t)(2 * TAR_BLOCK))
		return fault_set(
		    tar->fault, EX_DATAERR, "truncated: it has no end marker");
	for (; at < tar->size; at += TAR_BLOCK) {
		const unsigned char *block = tar_block(tar, at);

		if (block == NULL)
			return -1;
		if (!is_zero(block, TAR_BLOCK))
			return fault_set(
			    tar->fault, EX_DATAERR, "garbage after its end");
	}
	return 0;
}

/* A GNU long name: text with a NUL at its end. */
static int
long_name(struct tar *tar, uint64_t at, uint64_t size, char **name)
{
	autofree char *text = NULL;

	if (*name != NULL)
		return tar_refuse(tar, "two long names");
	text = tar_read(tar, at, size, BODY_MAX);
	if (text == NULL)
		return -1;
	if (*text == '\0' || size - strlen(text) > 1)
		return tar_refuse(tar, "malformed long name");
	*name = take_ptr(&text);
	return 0;
}

static int
extended(struct tar *tar, uint64_t at, uint64_t size, bool global,
    struct before *before)
{
	struct pax unused = { 0 };
	autofree char *bytes = tar_read(tar, at, size, BODY_MAX);
	int result;

	if (bytes == NULL)
		return -1;
	if (!global)
		return pax_parse(tar, bytes, (size_t)size, false, &before->pax);
	result = pax_parse(tar, bytes, (size_t)size, true, &unused);
	pax_free(&unused);
	return result;
}

static char *
take_name(const unsigned char *header, struct before *before)
{
	const char *text = (const char *)header;

	if (before->pax.sparse_name != NULL)
		return take_ptr(&before->pax.sparse_name);
	if (before->pax.path != NULL)
		return take_ptr(&before->pax.path);
	if (before->name != NULL)
		return take_ptr(&before->name);
	/* GNU's own format has other things where POSIX has the prefix. */
	if (header[MAGIC + 5] == '\0' && header[PREFIX] != '\0')
		return xasprintf("%.*s/%.*s", PREFIX_LENGTH, text + PREFIX,
		    NAME_LENGTH, text + NAME);
	return xstrndup(text + NAME, NAME_LENGTH);
}

static int
take_names(struct tar *tar, const unsigned char *header, struct before *before,
    struct entry *entry)
{
	if ((before->name != NULL && before->pax.path != NULL) ||
	    (before->link != NULL && before->pax.link != NULL))
		return tar_refuse(tar, "two long names");
	entry->name = take_name(header, before);
	if (*entry->name == '\0')
		return tar_refuse(tar, "no name");
	if (entry->type != '1' && entry->type != '2')
		return 0;
	if (before->pax.link != NULL)
		entry->link = take_ptr(&before->pax.link);
	else if (before->link != NULL)
		entry->link = take_ptr(&before->link);
	else
		entry->link =
		    xstrndup((const char *)header + LINK, LINK_LENGTH);
	if (*entry->link == '\0')
		return tar_refuse(tar, "no link target");
	if (strlen(entry->link) > LINK_MAX_LENGTH)
		return tar_refuse(tar, "link target too long");
	return 0;
}

/* Where the data is, and where the next header. */
static int
place_data(struct tar *tar, uint64_t header, uint64_t stored, bool old_sparse,
    const struct pax *pax, struct entry *entry)
{
	bool sparse = pax->has_real || pax->has_major ||
		      pax->sparse_map != NULL || pax->sparse_name != NULL;
	int result = 0;

	entry->data = header + TAR_BLOCK;
	entry->size = stored;
	if (entry->type != '0' && (stored > 0 || sparse))
		return tar_refuse(tar, "has data, and is no file");
	if (old_sparse && sparse)
		return tar_refuse(tar, "two maps of a sparse file");
	if (old_sparse)
		result = sparse_old(tar, header, &stored, entry);
	else if (sparse)
		result = sparse_pax(tar, pax, &stored, entry);
	if (result < 0)
		return -1;
	if (entry->data > tar->size || stored > tar->size - entry->data ||
	    tar_round(stored) > tar->size - entry->data)
		return fault_set(tar->fault, EX_DATAERR,
		    "truncated: entry %llu ends beyond it",
		    (unsigned long long)tar->count);
	tar->next = entry->data + tar_round(stored);
	return 0;
}

static int
make_entry(struct tar *tar, const unsigned char *header, uint64_t stored,
    struct before *before, struct entry *entry)
{
	char type = (char)header[TYPE];
	bool old_sparse = type == 'S';

	if (type == '\0' || type == '7' || old_sparse)
		type = '0';
	if (type < '0' || type > '6')
		return tar_refuse(
		    tar, "type \\x%02x not supported", header[TYPE]);
	entry->type = type;
	if (take_names(tar, header, before, entry) < 0 ||
	    header_times_and_ids(tar, header, &before->pax, entry) < 0)
		return -1;
	if ((type == '3' || type == '4') &&
	    header_device(tar, header, entry) < 0)
		return -1;
	entry->xattrs = take_ptr(&before->pax.xattrs);
	entry->xattr_count = before->pax.xattr_count;
	/* The last: it may move the window in which the header lies. */
	if (before->pax.has_size)
		stored = before->pax.size;
	return place_data(
	    tar, tar->next, stored, old_sparse, &before->pax, entry);
}

/* One header, with what belongs to it: 2 to go on, else as tar_next(). */
static int
step(struct tar *tar, struct before *before, struct entry *entry)
{
	const unsigned char *header = tar_block(tar, tar->next);
	uint64_t at = tar->next + TAR_BLOCK;
	int64_t size = 0;
	int result;

	if (header == NULL)
		return -1;
	if (is_zero(header, TAR_BLOCK))
		return check_end(tar, before);
	if (header_check(tar, header) < 0 ||
	    header_number(tar, header + SIZE, LONG_LENGTH, "size", &size) < 0)
		return -1;
	if (size < 0)
		return tar_refuse(tar, "size out of range");
	switch (header[TYPE]) {
	case 'x':
	case 'g':
		result = extended(
		    tar, at, (uint64_t)size, header[TYPE] == 'g', before);
		break;
	case 'L':
		result = long_name(tar, at, (uint64_t)size, &before->name);
		break;
	case 'K':
		result = long_name(tar, at, (uint64_t)size, &before->link);
		break;
	default:
		return make_entry(tar, header, (uint64_t)size, before, entry) <
			       0
			   ? -1
			   : 1;
	}
	tar->next = at + tar_round((uint64_t)size);
	return result < 0 ? -1 : 2;
}

static void
entry_free(struct entry *entry)
{
	for (size_t i = 0; i < entry->xattr_count; i++) {
		free(entry->xattrs[i].name);
		free(entry->xattrs[i].value);
	}
	free(entry->xattrs);
	free(entry->name);
	free(entry->link);
	free(entry->extents);
	*entry = (struct entry){ 0 };
}

int
tar_next(struct tar *tar)
{
	struct before before = { 0 };
	int result;

	entry_free(&tar->entry);
	tar->count++;
	do
		result = step(tar, &before, &tar->entry);
	while (result == 2);
	pax_free(&before.pax);
	free(before.name);
	free(before.link);
	return result;
}

void
tar_stop(struct tar *tar)
{
	entry_free(&tar->entry);
}
