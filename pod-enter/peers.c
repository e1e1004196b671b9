/* SPDX-License-Identifier: Apache-2.0 */
/* peers - pods of a network that know each other by name */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "dirs.h"
#include "path.h"
#include "peers.h"
#include "pod.h"
#include "prog.h"
#include "record.h"
#include "scope.h"

enum { FILE_MAX = 4 * 1024 * 1024 };

#define ALWAYS "127.0.0.1 localhost\n::1 localhost\n"

/* The UUID stands behind the last blank of a line, in a comment. */
static bool
is_alive(const char *line, size_t length)
{
	char uuid[UUID_SIZE];
	struct pod pod;
	bool alive;

	if (length < UUID_SIZE)
		return false;
	memcpy(uuid, line + length - (UUID_SIZE - 1), UUID_SIZE - 1);
	uuid[UUID_SIZE - 1] = '\0';
	if (pod_open(uuid, &pod) < 0)
		return false;
	alive = pod_state(&pod) == POD_IS_RUNNING;
	(void)close(pod.dir);
	return alive;
}

/* In order, so that what does not change stays where it is. */
static void
keep_alive(FILE *out, const char *text)
{
	while (*text != '\0') {
		size_t length = strcspn(text, "\n");

		if (is_alive(text, length))
			(void)fprintf(out, "%.*s\n", (int)length, text);
		text += length + (text[length] == '\n');
	}
}

static void
add_line(
    FILE *out, const struct pod *pod, const char *address, const char *names)
{
	if (address != NULL)
		(void)fprintf(out, "%s %s # %s\n", address, names, pod->uuid);
}

/* In place: the pods have this very file mounted. */
static int
write_whole(int fd, const char *text, size_t length)
{
	size_t done = 0;

	while (done < length) {
		ssize_t n = pwrite(fd, text + done, length - done, (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		done += (size_t)n;
	}
	return ftruncate(fd, (off_t)length);
}

static int
open_locked(const char *network)
{
	struct flock whole = { .l_type = F_WRLCK };
	autofree char *name = xasprintf("%s.hosts", network);
	autofd int dir = dirs_open_run("net");
	autofd int fd = -1;
	int result;

	if (dir < 0 || !path_is_name(name))
		return -1;
	fd = openat(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -1;
	do
		result = fcntl(fd, F_OFD_SETLKW, &whole);
	while (result < 0 && errno == EINTR);
	return result < 0 ? -1 : take_fd(&fd);
}

int
peers_open(const struct pod *pod, const json_t *network, const char *names)
{
	struct flock whole = { .l_type = F_UNLCK };
	const char *name = record_string(network, "name");
	autofd int fd = open_locked(name);
	autofree char *before =
	    fd < 0 ? NULL : path_read_fd(fd, FILE_MAX, NULL);
	autofree char *text = NULL;
	size_t length = 0;
	FILE *out;

	if (before == NULL)
		prog_die("network \"%s\": hosts", name);
	out = open_memstream(&text, &length);
	if (out == NULL)
		prog_die("memory");
	(void)fputs(ALWAYS, out);
	keep_alive(out, before);
	add_line(out, pod, record_string(network, "ip4"), names);
	add_line(out, pod, record_string(network, "ip6"), names);
	if (fclose(out) != 0 || write_whole(fd, text, length) < 0 ||
	    fcntl(fd, F_OFD_SETLK, &whole) < 0)
		prog_die("network \"%s\": hosts", name);
	return take_fd(&fd);
}
