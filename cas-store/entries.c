/* SPDX-License-Identifier: Apache-2.0 */
/* entries - what the archives of an image hold, as a file
 *
 * Each is a struct stored, its extents, the heads of its attributes, and then
 * all text, padded to 8 bytes.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "alloc.h"
#include "entries.h"
#include "publish.h"
#include "scope.h"

enum {
	UNIT = ENTRIES_UNIT,
	BUFFER = 64 * 1024,
	ENTRY_MAX = 4 * 1024 * 1024,
};

struct stored {
	uint32_t bytes; /* all of it */
	uint32_t name;  /* lengths, with a NUL */
	uint32_t link;  /* 0: none */
	uint32_t extents;
	uint32_t xattrs;
	uint32_t mode;
	uint32_t uid, gid;
	uint32_t major, minor;
	uint32_t mtime_nsec;
	uint32_t unused;
	int64_t mtime;
	uint64_t size;
	uint64_t data;
	char type;
	bool sparse;
	uint8_t padding[6];
};

struct stored_xattr {
	uint32_t name; /* with a NUL */
	uint32_t size;
};

/* What a file begins with; no entry is at 0. */
struct head {
	char magic[4];
	uint32_t count;
};

_Static_assert(sizeof(struct head) == UNIT, "head");

static const char magic[4] = "rke1";

void
entries_start(struct entries *entries, int tmp, struct fault *fault)
{
	*entries = (struct entries){ .tmp = tmp, .fault = fault };
}

static void
free_window(struct window *window)
{
	free(window->bytes);
	free(window->xattrs);
}

void
entries_stop(struct entries *entries)
{
	for (uint32_t i = 0; i < entries->part_count; i++)
		(void)close(entries->parts[i].fd);
	free(entries->parts);
	free(entries->buffer);
	free_window(&entries->in_turn);
	free_window(&entries->looked_at);
	*entries = (struct entries){ 0 };
}

static void
add_part(struct entries *entries, int fd)
{
	entries->parts = xreallocarray(
	    entries->parts, entries->part_count + 1, sizeof *entries->parts);
	entries->parts[entries->part_count++] = (struct part){
		.fd = fd,
		.base = (uint32_t)(entries->end / UNIT),
	};
}

int
entries_begin(struct entries *entries)
{
	const struct head head = { 0 };
	int fd = publish_open(entries->tmp, 0444);

	if (fd < 0)
		return fault_errno(entries->fault, "entries");
	add_part(entries, fd);
	if (write_all(fd, &head, sizeof head) < 0)
		return fault_errno(entries->fault, "entries");
	entries->end += sizeof head;
	return 0;
}

/* How many there are in the files before the last one. */
static int
count_before(const struct entries *entries, uint32_t *count)
{
	struct head head;

	*count = 0;
	for (uint32_t i = 0; i + 1 < entries->part_count; i++) {
		if (pread(entries->parts[i].fd, &head, sizeof head, 0) !=
		    sizeof head)
			return -1;
		*count += head.count;
	}
	return 0;
}

int
entries_finish(struct entries *entries)
{
	struct head head;
	uint32_t before;

	memcpy(head.magic, magic, sizeof magic);
	if (count_before(entries, &before) < 0)
		return fault_errno(entries->fault, "entries");
	head.count = entries->count - before;
	if (pwrite(entries_file(entries, entries->part_count), &head,
		sizeof head, 0) != sizeof head)
		return fault_errno(entries->fault, "entries");
	return 0;
}

static int
too_many(struct entries *entries)
{
	return fault_set(
	    entries->fault, EX_DATAERR, "more than %d entries", ENTRIES_MAX);
}

int
entries_adopt(struct entries *entries, int fd)
{
	struct head head;
	struct stat status;

	if (fstat(fd, &status) < 0 ||
	    pread(fd, &head, sizeof head, 0) != sizeof head ||
	    memcmp(head.magic, magic, sizeof magic) != 0 ||
	    status.st_size % UNIT != 0) {
		(void)close(fd);
		return 0;
	}
	add_part(entries, fd);
	if (head.count > ENTRIES_MAX - entries->count ||
	    (uint64_t)status.st_size > ENTRIES_END - entries->end)
		return too_many(entries);
	entries->end += (uint64_t)status.st_size;
	entries->count += head.count;
	return 1;
}

int
entries_file(const struct entries *entries, uint32_t device)
{
	return entries->parts[device - 1].fd;
}

uint64_t
entries_size(const struct entries *entries)
{
	return entries->end -
	       (uint64_t)entries->parts[entries->part_count - 1].base * UNIT;
}

uint32_t
entries_next(const struct entries *entries)
{
	return (uint32_t)(entries->end / UNIT);
}

int
entries_flush(struct entries *entries)
{
	size_t filled = entries->filled;

	entries->filled = 0;
	if (filled > 0 && write_all(entries_file(entries, entries->part_count),
			      entries->buffer, filled) < 0)
		return fault_errno(entries->fault, "entries");
	return 0;
}

static int
put(struct entries *entries, const void *bytes, size_t length)
{
	const unsigned char *from = bytes;

	if (entries->buffer == NULL)
		entries->buffer = xreallocarray(NULL, BUFFER, 1);
	while (length > 0) {
		size_t n = BUFFER - entries->filled;

		if (n > length)
			n = length;
		memcpy(entries->buffer + entries->filled, from, n);
		entries->filled += n;
		entries->end += n;
		from += n;
		length -= n;
		if (entries->filled == BUFFER && entries_flush(entries) < 0)
			return -1;
	}
	return 0;
}

/* With its NUL; NULL is nothing. */
static uint32_t
text_size(const char *text)
{
	return text == NULL ? 0 : (uint32_t)strlen(text) + 1;
}

static int
put_parts(
    struct entries *entries, const struct stored *head, const struct entry *e)
{
	if (put(entries, head, sizeof *head) < 0 ||
	    put(entries, e->extents, e->extent_count * sizeof *e->extents) < 0)
		return -1;
	for (size_t i = 0; i < e->xattr_count; i++) {
		const struct stored_xattr xattr = {
			.name = text_size(e->xattrs[i].name),
			.size = (uint32_t)e->xattrs[i].size,
		};

		if (put(entries, &xattr, sizeof xattr) < 0)
			return -1;
	}
	if (put(entries, e->name, head->name) < 0 ||
	    put(entries, e->link, head->link) < 0)
		return -1;
	for (size_t i = 0; i < e->xattr_count; i++)
		if (put(entries, e->xattrs[i].name,
			text_size(e->xattrs[i].name)) < 0 ||
		    put(entries, e->xattrs[i].value, e->xattrs[i].size) < 0)
			return -1;
	return 0;
}

int
entries_add(struct entries *entries, const struct entry *entry)
{
	static const unsigned char padding[UNIT];
	struct stored head = {
		.name = text_size(entry->name),
		.link = text_size(entry->link),
		.extents = (uint32_t)entry->extent_count,
		.xattrs = (uint32_t)entry->xattr_count,
		.mode = entry->mode,
		.uid = entry->uid,
		.gid = entry->gid,
		.major = entry->major,
		.minor = entry->minor,
		.mtime_nsec = entry->mtime_nsec,
		.mtime = entry->mtime,
		.size = entry->size,
		.data = entry->data,
		.type = entry->type,
		.sparse = entry->sparse,
	};
	uint64_t bytes = sizeof head + head.name + head.link +
			 entry->extent_count * sizeof *entry->extents +
			 entry->xattr_count * sizeof(struct stored_xattr);

	for (size_t i = 0; i < entry->xattr_count; i++)
		bytes +=
		    text_size(entry->xattrs[i].name) + entry->xattrs[i].size;
	head.bytes = (uint32_t)((bytes + UNIT - 1) & ~(uint64_t)(UNIT - 1));
	if (bytes > ENTRY_MAX || head.bytes > ENTRIES_END - entries->end)
		return fault_set(
		    entries->fault, EX_DATAERR, "entries of more than 2 GiB");
	if (++entries->count > ENTRIES_MAX)
		return too_many(entries);
	if (put_parts(entries, &head, entry) < 0)
		return -1;
	return put(entries, padding, head.bytes - (size_t)bytes);
}

int
entries_damaged(struct entries *entries)
{
	return fault_set(entries->fault, EX_SOFTWARE, "entries: damaged");
}

/* The file that has the place among all. */
static const struct part *
part_of(const struct entries *entries, uint64_t at)
{
	uint32_t low = 0, high = entries->part_count;

	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (at / UNIT >= entries->parts[middle].base)
			low = middle;
		else
			high = middle;
	}
	return &entries->parts[low];
}

/* Reads no further than the file goes, which is where the next one begins. */
static int
fill(struct entries *entries, struct window *window, uint64_t at, size_t least)
{
	const struct part *part = part_of(entries, at);
	uint64_t from = at - (uint64_t)part->base * UNIT;
	size_t want = least > BUFFER ? least : BUFFER, filled = 0;

	if (want > window->room) {
		window->bytes = xreallocarray(window->bytes, want, 1);
		window->room = want;
	}
	while (filled < want) {
		ssize_t n = pread(part->fd, window->bytes + filled,
		    want - filled, (off_t)(from + filled));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fault_errno(entries->fault, "entries");
		if (n == 0)
			break;
		filled += (size_t)n;
	}
	window->at = at;
	window->length = filled;
	return filled < least ? entries_damaged(entries) : 0;
}

/* That many bytes at a place among all; NULL with fault. */
static unsigned char *
look(struct entries *entries, struct window *window, uint64_t at, size_t length)
{
	uint64_t end = window->at + window->length;

	if ((at < window->at || at + length > end) &&
	    fill(entries, window, at, length) < 0)
		return NULL;
	return window->bytes + (at - window->at);
}

/* What is left of an entry's bytes. */
struct rest {
	unsigned char *at;
	size_t left;
};

static void *
take(struct rest *rest, uint64_t length)
{
	unsigned char *at = rest->at;

	if (length > rest->left)
		return NULL;
	rest->at += length;
	rest->left -= (size_t)length;
	return at;
}

static bool
take_text(struct rest *rest, uint32_t length, char **text)
{
	*text = length == 0 ? NULL : take(rest, length);
	return length == 0 || (*text != NULL && (*text)[length - 1] == '\0');
}

static bool
take_xattrs(struct rest *rest, const struct stored_xattr *heads,
    struct xattr *xattrs, const struct entry *entry)
{
	for (size_t i = 0; i < entry->xattr_count; i++) {
		struct xattr *xattr = &xattrs[i];

		if (!take_text(rest, heads[i].name, &xattr->name) ||
		    xattr->name == NULL)
			return false;
		xattr->value = take(rest, heads[i].size);
		xattr->size = heads[i].size;
		if (xattr->value == NULL ||
		    !xattr_is_allowed(xattr, entry->type) ||
		    !xattr_is_valid(xattr))
			return false;
	}
	return true;
}

/* The parts of an entry behind its head. */
static bool
take_parts(struct window *window, const struct stored *head, struct rest *rest,
    struct entry *entry)
{
	struct stored_xattr *heads;

	entry->extents =
	    take(rest, head->extents * (uint64_t)sizeof *entry->extents);
	heads = take(rest, head->xattrs * (uint64_t)sizeof *heads);
	if (entry->extents == NULL || heads == NULL ||
	    !take_text(rest, head->name, &entry->name) ||
	    !take_text(rest, head->link, &entry->link) || entry->name == NULL ||
	    (entry->type == '1' || entry->type == '2') != (entry->link != NULL))
		return false;
	if (head->xattrs > window->xattr_room) {
		window->xattr_room = head->xattrs;
		window->xattrs = xreallocarray(
		    window->xattrs, head->xattrs, sizeof *window->xattrs);
	}
	entry->extent_count = head->extents;
	entry->xattrs = window->xattrs;
	entry->xattr_count = head->xattrs;
	return take_xattrs(rest, heads, window->xattrs, entry);
}

static int
get(struct entries *entries, struct window *window, uint32_t *at,
    struct entry *entry)
{
	uint64_t where = (uint64_t)*at * UNIT;
	struct stored head;
	struct rest rest;
	unsigned char *bytes;

	if (entries->filled > 0 && entries_flush(entries) < 0)
		return -1;
	bytes = look(entries, window, where, sizeof head);
	if (bytes == NULL)
		return -1;
	memcpy(&head, bytes, sizeof head);
	if (head.bytes < sizeof head || head.bytes > ENTRY_MAX ||
	    head.bytes % UNIT != 0 || head.type < '0' || head.type > '6')
		return entries_damaged(entries);
	rest.at = look(entries, window, where, head.bytes);
	if (rest.at == NULL)
		return -1;
	rest.at += sizeof head;
	rest.left = head.bytes - sizeof head;
	*entry = (struct entry){
		.type = head.type,
		.sparse = head.sparse,
		.mode = head.mode & 07777,
		.uid = head.uid,
		.gid = head.gid,
		.major = head.major,
		.minor = head.minor,
		.mtime = head.mtime,
		.mtime_nsec = head.mtime_nsec,
		.size = head.size,
		.data = head.data,
		.device =
		    (uint32_t)(part_of(entries, where) - entries->parts) + 1,
	};
	if (!take_parts(window, &head, &rest, entry))
		return entries_damaged(entries);
	*at += head.bytes / UNIT;
	return 0;
}

int
entries_get(struct entries *entries, uint32_t *at, struct entry *entry)
{
	return get(entries, &entries->in_turn, at, entry);
}

int
entries_look(struct entries *entries, uint32_t at, struct entry *entry)
{
	if (at != 0)
		return get(entries, &entries->looked_at, &at, entry);
	*entry = (struct entry){ .type = '5', .mode = 0755 };
	return 0;
}
