/* SPDX-License-Identifier: Apache-2.0 */
/* localkeys - adding keys to the local directory, and taking them away */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "dirs.h"
#include "escape.h"
#include "guard.h"
#include "localkeys.h"
#include "path.h"
#include "publish.h"
#include "scope.h"

/* *why is "PATH: TEXT", the path escaped. */
static void *
refuse(char **why, const char *path, const char *text)
{
	autofree char *shown = escape(path);

	*why = xasprintf("%s: %s", shown, text);
	return NULL;
}

/* Where the keys of a prefix are: root.d or prefix.d/PREFIX. */
static char *
directory_of(const char *prefix)
{
	return xasprintf("%s/trustedkeys/%s%s", dirs_conf(),
	    *prefix == '\0' ? "root.d" : "prefix.d/", prefix);
}

/* Whoever made the directories may have been killed before they were synced. */
static int
sync_up(const char *dir)
{
	size_t top = strlen(dirs_conf());
	autofree char *path = xstrdup(dir);

	while (strlen(path) > top) {
		autofd int fd = -1;

		*strrchr(path, '/') = '\0';
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 || fsync(fd) < 0)
			return -1;
	}
	return 0;
}

/* The directory, made if missing; -1 with why. */
static int
open_directory(const char *dir, char **why)
{
	autofd int fd = path_mkdirs(AT_FDCWD, dir, 0755);
	const char *wrong;

	if (fd < 0 || sync_up(dir) < 0) {
		(void)refuse(why, dir, strerror(errno));
		return -1;
	}
	wrong = guard_check(fd);
	if (wrong != NULL) {
		(void)refuse(why, dir, wrong);
		return -1;
	}
	return take_fd(&fd);
}

static char *
put(const char *prefix, const char *name, const char *text, char **why)
{
	autofree char *dir = directory_of(prefix);
	autofree char *path = xasprintf("%s/%s", dir, name);
	autofd int fd = open_directory(dir, why);

	if (fd < 0)
		return NULL;
	if (publish_file(fd, name, text, strlen(text), 0644,
		PUBLISH_DURABLE | PUBLISH_REPLACE) < 0)
		return refuse(why, path, strerror(errno));
	return take_ptr(&path);
}

char *
localkeys_add(const char *prefix, const char *fingerprint, const char *armoured,
    char **why)
{
	return put(prefix, fingerprint, armoured, why);
}

char *
localkeys_mask(const struct trusted_key *key, char **why)
{
	return put(key->prefix, key->fingerprint, "", why);
}

char *
localkeys_remove(const struct trusted_key *key, char **why)
{
	autofree char *dir = directory_of(key->prefix);
	autofree char *path = xasprintf("%s/%s", dir, key->fingerprint);
	autofd int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 ||
	    (unlinkat(fd, key->fingerprint, 0) < 0 && errno != ENOENT) ||
	    fsync(fd) < 0)
		return refuse(why, path, strerror(errno));
	return take_ptr(&path);
}
