/* SPDX-License-Identifier: Apache-2.0 */
/* pax - the extended header that stands before an entry of a tar archive
 *
 * Records are "LENGTH KEY=VALUE\n" (POSIX pax, "Extended Header").  A value is
 * LENGTH's bytes, not text: names need not be UTF-8 and attributes may hold
 * anything.  A key that we honour must be there once: readers differ in which
 * of two they believe.
 */

#include <string.h>

#include "alloc.h"
#include "escape.h"
#include "num.h"
#include "pax.h"
#include "scope.h"

enum {
	XATTRS_MAX = 64 * 1024, /* of one entry, names and values */
	XATTR_COUNT_MAX = 256,
	NAME_LENGTH_MAX = 255, /* as the kernel has it */
	NSEC = 1000000000,
};

#define XATTR_KEY "SCHILY.xattr."

static int
set_text(struct tar *tar, const char *key, const char *value, size_t length,
    char **text)
{
	if (*text != NULL)
		return tar_refuse(tar, "%s given twice", key);
	if (length == 0 || strlen(value) != length)
		return tar_refuse(tar, "%s is empty or has a NUL", key);
	*text = xstrndup(value, length);
	return 0;
}

static int
set_number(struct tar *tar, const char *key, const char *value, bool *has,
    uint64_t *number)
{
	if (*has)
		return tar_refuse(tar, "%s given twice", key);
	*has = true;
	if (num_parse(value, 0, INT64_MAX, number) < 0)
		return tar_refuse(tar, "%s is not a number in range", key);
	return 0;
}

/* "-1.5" is half a second before second -1: seconds -2, and 0.5. */
static int
set_mtime(struct tar *tar, const char *value, struct pax *pax)
{
	bool negative = *value == '-';
	autofree char *whole = xstrdup(value + (negative ? 1 : 0));
	char *point = strchr(whole, '.');
	uint64_t seconds = 0;
	uint32_t nsec = 0;

	if (pax->has_mtime)
		return tar_refuse(tar, "mtime given twice");
	pax->has_mtime = true;
	if (point != NULL) {
		uint32_t unit = NSEC / 10;

		*point++ = '\0';
		if (point[strspn(point, "0123456789")] != '\0')
			return tar_refuse(tar, "mtime is not a time");
		for (; *point != '\0' && unit > 0; point++, unit /= 10)
			nsec += (uint32_t)(*point - '0') * unit;
	}
	if (num_parse(whole, 0, INT64_MAX / 2, &seconds) < 0)
		return tar_refuse(tar, "mtime is not a time in range");
	pax->mtime = negative ? -(int64_t)seconds : (int64_t)seconds;
	if (negative && nsec > 0) {
		pax->mtime--;
		nsec = NSEC - nsec;
	}
	pax->mtime_nsec = nsec;
	return 0;
}

static int
add_xattr(struct tar *tar, const char *name, const char *value, size_t size,
    struct pax *pax)
{
	size_t length = strlen(name);
	struct xattr *xattr;

	pax->xattr_bytes += length + size;
	if (length == 0 || length > NAME_LENGTH_MAX ||
	    pax->xattr_bytes > XATTRS_MAX ||
	    pax->xattr_count == XATTR_COUNT_MAX)
		return tar_refuse(tar, "extended attributes too long");
	for (size_t i = 0; i < pax->xattr_count; i++)
		if (strcmp(pax->xattrs[i].name, name) == 0)
			return tar_refuse(
			    tar, "an extended attribute given twice");
	pax->xattrs = xreallocarray(
	    pax->xattrs, pax->xattr_count + 1, sizeof *pax->xattrs);
	xattr = &pax->xattrs[pax->xattr_count++];
	xattr->name = xstrdup(name);
	xattr->value = xcalloc(size + 1, 1);
	memcpy(xattr->value, value, size);
	xattr->size = size;
	return 0;
}

/*
 * Version 0.0 has a record for each number, offsets and lengths in turn; they
 * become the list that is version 0.1's.
 */
static int
add_sparse(struct tar *tar, bool is_length, const char *value, size_t length,
    struct pax *pax)
{
	size_t used = pax->sparse_used;

	if (pax->sparse_odd != is_length ||
	    (pax->sparse_map != NULL && used == 0))
		return tar_refuse(tar, "sparse file: malformed map");
	if (used + length + 2 > pax->sparse_room) {
		pax->sparse_room = 2 * (used + length + 2);
		pax->sparse_map =
		    xreallocarray(pax->sparse_map, pax->sparse_room, 1);
	}
	if (used > 0)
		pax->sparse_map[used++] = ',';
	memcpy(pax->sparse_map + used, value, length + 1);
	pax->sparse_used = used + length;
	pax->sparse_odd = !is_length;
	return 0;
}

static int
sparse_record(struct tar *tar, const char *key, const char *value,
    size_t length, struct pax *pax)
{
	if (strcmp(key, "GNU.sparse.name") == 0)
		return set_text(tar, key, value, length, &pax->sparse_name);
	if (strcmp(key, "GNU.sparse.map") == 0)
		return set_text(tar, key, value, length, &pax->sparse_map);
	if (strcmp(key, "GNU.sparse.offset") == 0)
		return add_sparse(tar, false, value, length, pax);
	if (strcmp(key, "GNU.sparse.numbytes") == 0)
		return add_sparse(tar, true, value, length, pax);
	if (strcmp(key, "GNU.sparse.major") == 0)
		return set_number(
		    tar, key, value, &pax->has_major, &pax->major);
	if (strcmp(key, "GNU.sparse.minor") == 0)
		return set_number(
		    tar, key, value, &pax->has_minor, &pax->minor);
	if (strcmp(key, "GNU.sparse.realsize") == 0 ||
	    strcmp(key, "GNU.sparse.size") == 0)
		return set_number(tar, key, value, &pax->has_real, &pax->real);
	if (strcmp(key, "GNU.sparse.numblocks") == 0)
		return 0; /* the map says it */
	return tar_refuse(tar, "a sparse file of a form not supported");
}

/* The keys that change an entry; 1 for the others. */
static int
record(struct tar *tar, const char *key, const char *value, size_t length,
    struct pax *pax)
{
	if (strcmp(key, "path") == 0)
		return set_text(tar, key, value, length, &pax->path);
	if (strcmp(key, "linkpath") == 0)
		return set_text(tar, key, value, length, &pax->link);
	if (strcmp(key, "size") == 0)
		return set_number(tar, key, value, &pax->has_size, &pax->size);
	if (strcmp(key, "uid") == 0)
		return set_number(tar, key, value, &pax->has_uid, &pax->uid);
	if (strcmp(key, "gid") == 0)
		return set_number(tar, key, value, &pax->has_gid, &pax->gid);
	if (strcmp(key, "mtime") == 0)
		return set_mtime(tar, value, pax);
	if (strncmp(key, XATTR_KEY, strlen(XATTR_KEY)) == 0)
		return add_xattr(
		    tar, key + strlen(XATTR_KEY), value, length, pax);
	if (strncmp(key, "GNU.sparse.", 11) == 0 ||
	    strcmp(key, "SCHILY.realsize") == 0)
		return sparse_record(tar, key, value, length, pax);
	return 1;
}

/* Cuts the record at the beginning of bytes into key and value. */
static size_t
cut(char *bytes, size_t left, char **key, char **value, size_t *length)
{
	size_t digits = strspn(bytes, "0123456789");
	uint64_t total = 0;
	char *equals;

	if (digits == 0 || digits >= left || bytes[digits] != ' ')
		return 0;
	bytes[digits] = '\0';
	if (num_parse(bytes, digits + 3, left, &total) < 0 ||
	    bytes[total - 1] != '\n')
		return 0;
	bytes[total - 1] = '\0';
	*key = bytes + digits + 1;
	equals = memchr(*key, '=', (size_t)total - digits - 2);
	if (equals == NULL || equals == *key)
		return 0;
	*equals = '\0';
	*value = equals + 1;
	*length = (size_t)(bytes + total - 1 - *value);
	return strlen(*key) == (size_t)(equals - *key) ? (size_t)total : 0;
}

int
pax_parse(
    struct tar *tar, char *bytes, size_t length, bool global, struct pax *pax)
{
	if (pax->any)
		return tar_refuse(tar, "two extended headers");
	pax->any = !global;
	while (length > 0) {
		char *key = NULL, *value = NULL;
		size_t size = 0,
		       total = cut(bytes, length, &key, &value, &size);
		int result;

		if (total == 0)
			return tar_refuse(tar, "malformed extended header");
		result = record(tar, key, value, size, pax);
		if (result < 0)
			return -1;
		if (global && result == 0) {
			autofree char *shown = escape(key);

			return tar_refuse(tar, "%s in a global header", shown);
		}
		bytes += total;
		length -= total;
	}
	return 0;
}

void
pax_free(struct pax *pax)
{
	free(pax->path);
	free(pax->link);
	free(pax->sparse_name);
	free(pax->sparse_map);
	/* Unless an entry took them over. */
	for (size_t i = 0; pax->xattrs != NULL && i < pax->xattr_count; i++) {
		free(pax->xattrs[i].name);
		free(pax->xattrs[i].value);
	}
	free(pax->xattrs);
	*pax = (struct pax){ 0 };
}
