/* SPDX-License-Identifier: Apache-2.0 */
/* confdir - the files NAME.json of one directory of rkt's configuration */

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#include "alloc.h"
#include "confdir.h"
#include "dirs.h"
#include "escape.h"
#include "filter.h"
#include "path.h"
#include "prog.h"
#include "scope.h"

/* A file may be for another user's eyes alone: then it is not for us. */
static int
open_file(const char *path, const char *shown)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 && errno == EACCES)
		warn("%s, skipped", shown);
	else if (fd < 0)
		filter_fail(EX_CONFIG, "%s", shown);
	return fd;
}

static void
add_file(void *data, const char *path)
{
	const struct confdir *confdir = data;
	autofree char *shown = escape(path);
	autofd int fd = open_file(path, shown);
	autofree char *bytes = NULL;
	autofree char *why = NULL;
	const char *unfit = NULL;
	size_t length = 0;

	if (fd < 0)
		return;
	if (confdir->unfit != NULL)
		unfit = confdir->unfit(fd);
	if (unfit != NULL)
		filter_failx(EX_CONFIG, "%s: %s", shown, unfit);
	bytes = path_read_fd(fd, confdir->max, &length);
	if (bytes == NULL)
		filter_fail(EX_CONFIG, "%s", shown);
	if (confdir->add(confdir->data, bytes, length, &why) < 0)
		filter_failx(EX_CONFIG, "%s: %s", shown, why);
}

static bool
ends_in(const char *name, const char *end)
{
	size_t length = strlen(name), tail = strlen(end);

	return length > tail && strcmp(name + length - tail, end) == 0;
}

void
confdir_each(const char *path, const char *end,
    void (*visit)(void *data, const char *path), void *data)
{
	autofree char *shown = escape(path);
	struct dirent **entries = NULL;
	int count = scandir(path, &entries, NULL, alphasort);

	if (count < 0 && errno == EACCES)
		warn("%s, skipped", shown);
	else if (count < 0 && errno != ENOENT)
		filter_fail(EX_CONFIG, "%s", shown);
	for (int i = 0; i < count; i++) {
		autofree char *file =
		    xasprintf("%s/%s", path, entries[i]->d_name);

		if (ends_in(entries[i]->d_name, end))
			visit(data, file);
		free(entries[i]);
	}
	free(entries);
}

static void
add_directory(struct confdir *confdir, const char *above)
{
	autofree char *path = xasprintf("%s/%s", above, confdir->name);

	confdir->begin(confdir->data);
	confdir_each(path, ".json", add_file, confdir);
}

void
confdir_read(struct confdir *confdir)
{
	if (dirs_user() != NULL)
		add_directory(confdir, dirs_user());
	add_directory(confdir, dirs_conf());
	add_directory(confdir, dirs_system());
}

const char *
confdir_version_check(const char *text)
{
	return strcmp(text, "v1") == 0 ? NULL : "is not v1";
}
