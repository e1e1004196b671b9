/* SPDX-License-Identifier: Apache-2.0 */
/* uids - the ids of the host that a pod's users are */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dirs.h"
#include "num.h"
#include "path.h"
#include "pod.h"
#include "scope.h"
#include "uids.h"
#include "uuid.h"

/* The link of a pod, and the directory of everybody's. */
#define NAME "uids"

enum {
	RANGES = (UIDS_LAST - UIDS_FIRST) / UIDS_COUNT + 1,
	FILE_MAX = 1024 * 1024, /* of /etc/subuid */
	NAME_SIZE = 16,
};

static int
read_link(int dir, const char *name, char *text, size_t size)
{
	ssize_t n = readlinkat(dir, name, text, size - 1);

	if (n < 0)
		return -1;
	text[n] = '\0';
	return 0;
}

int
uids_of(const struct pod *pod, uint32_t *first)
{
	char text[NAME_SIZE];
	uint64_t number;

	if (read_link(pod->dir, NAME, text, sizeof text) < 0)
		return -1;
	if (num_parse(text, UIDS_FIRST, UIDS_LAST, &number) < 0 ||
	    number % UIDS_COUNT != 0) {
		errno = EINVAL;
		return -1;
	}
	*first = (uint32_t)number;
	return 0;
}

/* A line of subuid(5), NAME:FIRST:COUNT: does it have some of the range? */
static bool
line_has(const char *line, uint64_t range)
{
	const char *number = strchr(line, ':');
	char *end;
	unsigned long long first, count;

	if (number == NULL)
		return false;
	first = strtoull(number + 1, &end, 10);
	if (*end != ':')
		return false;
	count = strtoull(end + 1, NULL, 10);
	return first < range + UIDS_COUNT &&
	       (range < first || range - first < count);
}

static bool
file_has(const char *text, uint64_t range)
{
	while (text != NULL && *text != '\0') {
		if (line_has(text, range))
			return true;
		text = strchr(text, '\n');
		if (text != NULL)
			text++;
	}
	return false;
}

/* 1: it is the pod's now; 0: it is another's; -1 and errno. */
static int
claim(const struct pod *pod, int dir, const char *name)
{
	char owner[UUID_SIZE];

	if (symlinkat(pod->uuid, dir, name) == 0)
		return 1;
	if (errno != EEXIST)
		return -1;
	if (read_link(dir, name, owner, sizeof owner) < 0)
		return errno == ENOENT ? 0 : -1;
	return strcmp(owner, pod->uuid) == 0;
}

/* The pod's own link is first: what it does not name, nobody would free. */
static int
try(const struct pod *pod, int dir, uint32_t first)
{
	char name[NAME_SIZE];
	int result;

	(void)snprintf(name, sizeof name, "%u", first);
	if (faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	if (symlinkat(name, pod->dir, NAME) < 0)
		return -1;
	result = claim(pod, dir, name);
	if (result == 0 && unlinkat(pod->dir, NAME, 0) < 0)
		return -1;
	return result;
}

static int
take_any(const struct pod *pod, int dir, uint32_t *first)
{
	autofree char *users =
	    path_read(AT_FDCWD, "/etc/subuid", FILE_MAX, NULL);
	autofree char *groups =
	    path_read(AT_FDCWD, "/etc/subgid", FILE_MAX, NULL);
	const uint32_t start = uuid_hash(pod->uuid) % RANGES;

	for (uint32_t i = 0; i < RANGES; i++) {
		int result;

		*first = UIDS_FIRST + (start + i) % RANGES * UIDS_COUNT;
		if (file_has(users, *first) || file_has(groups, *first))
			continue;
		result = try(pod, dir, *first);
		if (result != 0)
			return result < 0 ? -1 : 0;
	}
	errno = EUSERS;
	return -1;
}

int
uids_take(const struct pod *pod, uint32_t *first)
{
	autofd int dir = dirs_open_run(NAME);
	char name[NAME_SIZE];
	int result;

	if (dir < 0)
		return -1;
	if (uids_of(pod, first) < 0)
		return errno == ENOENT ? take_any(pod, dir, first) : -1;
	(void)snprintf(name, sizeof name, "%u", *first);
	result = claim(pod, dir, name);
	if (result == 0)
		errno = EBUSY;
	return result == 1 ? 0 : -1;
}

int
uids_free(const struct pod *pod)
{
	autofd int dir = -1;
	char name[NAME_SIZE], owner[UUID_SIZE];
	uint32_t first;

	if (uids_of(pod, &first) < 0)
		return errno == ENOENT ? 0 : -1;
	dir = dirs_open_run(NAME);
	if (dir < 0)
		return -1;
	(void)snprintf(name, sizeof name, "%u", first);
	if (read_link(dir, name, owner, sizeof owner) < 0)
		return errno == ENOENT ? 0 : -1;
	if (strcmp(owner, pod->uuid) == 0 && unlinkat(dir, name, 0) < 0 &&
	    errno != ENOENT)
		return -1;
	return 0;
}

int
uids_leave(const struct pod *pod)
{
	if (uids_free(pod) < 0)
		return -1;
	return unlinkat(pod->dir, NAME, 0) < 0 && errno != ENOENT ? -1 : 0;
}
