/* SPDX-License-Identifier: Apache-2.0 */
/* user - the ids that an image means by a user and a group */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "alloc.h"
#include "escape.h"
#include "num.h"
#include "path.h"
#include "scope.h"
#include "user.h"

enum {
	FILE_MAX = 1024 * 1024, /* of /etc/passwd and /etc/group */
	FIELDS = 7,
};

/* The fields of both files that matter here. */
enum { NAME = 0, ID = 2, GID = 3, HOME = 5, SHELL = 6 };

/* 4294967295 is what chown(2) and its kin take for "leave it". */
static const uint64_t id_max = UINT32_MAX - 1;

/* One of the two files, and what is looked for in it. */
struct source {
	const char *path;
	const char *noun;
	char *text; /* NULL: the image has none */
};

/*
 * Whatever lies at that path is the image's choice: a link, a fifo, a
 * gigabyte (CVE-2024-9676).
 */
static int
source_read(int root, struct source *source, char **why)
{
	autofd int fd = inroot_open(
	    root, source->path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);

	if (fd >= 0)
		source->text = path_read_fd(fd, FILE_MAX, NULL);
	if (source->text == NULL && errno != ENOENT && errno != ENOTDIR) {
		*why = xasprintf("%s: %s", source->path, strerror(errno));
		return -1;
	}
	return 0;
}

/* Splits a line in place; a line with too few fields is none. */
static bool
split(char *line, char *fields[FIELDS])
{
	for (size_t i = 0; i < FIELDS; i++) {
		static char nothing[] = "";

		fields[i] = line == NULL ? nothing : line;
		if (line == NULL && i <= ID)
			return false;
		line = line == NULL ? NULL : strchr(line, ':');
		if (line != NULL)
			*line++ = '\0';
	}
	return true;
}

/*
 * Finds the first line with this name, or (name NULL) with this id.  The
 * caller frees the line, which the fields point into.
 */
static char *
find_line(const struct source *source, const char *name, uint64_t id,
    char *fields[FIELDS])
{
	const char *next = source->text;

	while (next != NULL && *next != '\0') {
		size_t length = strcspn(next, "\n");
		autofree char *line = xstrndup(next, length);
		uint64_t found;

		next += length + (next[length] == '\n');
		if (!split(line, fields))
			continue;
		if (name != NULL
			? strcmp(fields[NAME], name) == 0
			: num_parse(fields[ID], 0, id_max, &found) == 0 &&
			      found == id)
			return take_ptr(&line);
	}
	return NULL;
}

static int
owner_of(int root, const char *path, uid_t first, struct stat *file, char **why)
{
	autofd int fd = inroot_open(root, path, O_PATH | O_NOFOLLOW, 0);
	autofree char *shown = escape(path);

	if (fd < 0 || fstat(fd, file) < 0) {
		*why = xasprintf("%s: %s", shown, strerror(errno));
		return -1;
	}
	if (file->st_uid < first || file->st_gid < first) {
		*why = xasprintf("%s: its owner is not one of the pod", shown);
		return -1;
	}
	file->st_uid -= first;
	file->st_gid -= first;
	return 0;
}

/* A name or a number; what is neither is refused, never taken for 0. */
static int
find_id(const struct source *source, const char *text, uint64_t *id, char **why)
{
	bool digits = *text != '\0' && text[strspn(text, "0123456789")] == '\0';
	char *fields[FIELDS];
	autofree char *line = find_line(source, text, 0, fields);
	autofree char *shown = escape(text);
	uint64_t number = 0;

	if (digits && num_parse(text, 0, id_max, &number) < 0) {
		*why = xasprintf("%s %s: not an id", source->noun, shown);
		return -1;
	}
	if (line != NULL && num_parse(fields[ID], 0, id_max, id) < 0) {
		*why = xasprintf("%s %s: has no valid id in %s", source->noun,
		    shown, source->path);
		return -1;
	}
	/* A user called "1000" with another id (CVE-2016-3697). */
	if (line != NULL && digits && *id != number) {
		*why = xasprintf("%s %s: %s gives that name another id",
		    source->noun, shown, source->path);
		return -1;
	}
	if (line == NULL && !digits && strcmp(text, "root") != 0) {
		*why = xasprintf("%s %s: not in the image's %s", source->noun,
		    shown, source->path);
		return -1;
	}
	if (line == NULL)
		*id = number;
	return 0;
}

/*
 * A group that is called as the user and that no file has is the user's own:
 * an image of docker's says no more than the user (aci-convert(1)).
 */
static int
find_group(const struct source *passwd, const struct source *groups,
    const char *user, const char *group, uint64_t *gid, char **why)
{
	char *fields[FIELDS];
	autofree char *line = NULL;

	if (strcmp(user, group) == 0)
		line = find_line(groups, group, 0, fields);
	if (strcmp(user, group) != 0 || line != NULL)
		return find_id(groups, group, gid, why);
	line = find_line(passwd, user, 0, fields);
	if (line != NULL && num_parse(fields[GID], 0, id_max, gid) == 0)
		return 0;
	return find_id(groups, group, gid, why);
}

/* What passwd(5) says of the uid, else what is usual. */
static void
describe(const struct source *passwd, const char *text, struct user *user)
{
	char *fields[FIELDS];
	autofree char *line = find_line(passwd, text, 0, fields);

	if (line == NULL)
		line = find_line(passwd, NULL, user->uid, fields);
	if (line == NULL) {
		user->name = user->uid == 0 ? xstrdup("root")
					    : xasprintf("%u", user->uid);
		user->home = xstrdup(user->uid == 0 ? "/root" : "/");
		user->shell = xstrdup("/bin/sh");
		return;
	}
	user->name = xstrdup(fields[NAME]);
	user->home = xstrdup(*fields[HOME] != '\0' ? fields[HOME] : "/");
	user->shell =
	    xstrdup(*fields[SHELL] != '\0' ? fields[SHELL] : "/bin/sh");
}

int
user_find(int root, const char *user, const char *group, uid_t first,
    struct user *found, char **why)
{
	struct source passwd = { "/etc/passwd", "user", NULL };
	struct source groups = { "/etc/group", "group", NULL };
	struct stat file = { 0 };
	uint64_t uid = 0, gid = 0;
	int result = -1;

	*found = (struct user){ 0 };
	if (source_read(root, &passwd, why) == 0 &&
	    source_read(root, &groups, why) == 0 &&
	    (*user == '/' ? owner_of(root, user, first, &file, why)
			  : find_id(&passwd, user, &uid, why)) == 0) {
		found->uid = *user == '/' ? file.st_uid : (uid_t)uid;
		if ((*group == '/' ? owner_of(root, group, first, &file, why)
				   : find_group(&passwd, &groups, user, group,
					 &gid, why)) == 0)
			result = 0;
		found->gid = *group == '/' ? file.st_gid : (gid_t)gid;
	}
	if (result == 0)
		describe(&passwd, user, found);
	free(passwd.text);
	free(groups.text);
	return result;
}

void
user_free(struct user *user)
{
	free(user->name);
	free(user->home);
	free(user->shell);
	*user = (struct user){ 0 };
}
