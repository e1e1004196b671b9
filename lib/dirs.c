/* SPDX-License-Identifier: Apache-2.0 */
/* dirs - the directories that rkt works in */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "dirs.h"
#include "path.h"
#include "prog.h"
#include "scope.h"

struct place {
	const char *variable;
	const char *root; /* for root; NULL: none */
	const char *xdg;  /* for others: this variable with /rkt, … */
	const char *home; /* … or this below $HOME; NULL: as for root */
	char *path;
};

static struct place places[] = {
	{ "RKT_DIR", "/var/lib/rkt", "XDG_DATA_HOME", ".local/share/rkt",
	    NULL },
	{ "RKT_RUN", "/run/rkt", "XDG_RUNTIME_DIR", ".cache/rkt/run", NULL },
	{ "RKT_CONF", "/etc/rkt", "XDG_CONFIG_HOME", ".config/rkt", NULL },
	{ "RKT_SYSTEM_CONF", "/usr/lib/rkt", NULL, NULL, NULL },
	{ "RKT_USER_CONF", NULL, NULL, NULL, NULL },
};

static char *
absolute(const char *variable, const char *value)
{
	if (*value == '/')
		return xstrdup(value);
	errx(prog_status_or(EX_CONFIG), "%s: not an absolute path", variable);
}

static const char *
variable(const char *name)
{
	const char *value = name == NULL ? NULL : getenv(name);

	return value == NULL || *value == '\0' ? NULL : value;
}

static char *
find(const struct place *place)
{
	const char *value = variable(place->variable), *home = variable("HOME");
	autofree char *base = NULL;

	if (value != NULL)
		return absolute(place->variable, value);
	if (place->root == NULL)
		return NULL;
	if (geteuid() == 0 || place->home == NULL)
		return xstrdup(place->root);
	value = variable(place->xdg);
	if (value != NULL) {
		base = absolute(place->xdg, value);
		return xasprintf("%s/rkt", base);
	}
	if (home == NULL)
		return xstrdup(place->root);
	base = absolute("HOME", home);
	return xasprintf("%s/%s", base, place->home);
}

static const char *
path_of(struct place *place)
{
	if (place->path == NULL)
		place->path = find(place);
	return place->path;
}

const char *
dirs_data(void)
{
	return path_of(&places[0]);
}

const char *
dirs_run(void)
{
	return path_of(&places[1]);
}

const char *
dirs_conf(void)
{
	return path_of(&places[2]);
}

const char *
dirs_system(void)
{
	return path_of(&places[3]);
}

const char *
dirs_user(void)
{
	return path_of(&places[4]);
}

/* Does sub lie in one of the directories that only their owner may enter? */
static bool
private_sub(const char *sub)
{
	static const char *const names[] = { "cas/tree", "cas/tmp",
		"cas/partial", "pods", "mnt", "uids" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		size_t length = strlen(names[i]);

		if (strncmp(sub, names[i], length) == 0 &&
		    (sub[length] == '\0' || sub[length] == '/'))
			return true;
	}
	return false;
}

/* Makes sub component by component, since their modes differ. */
static int
make(int base, const char *sub)
{
	autofree char *path = xstrdup(sub);
	autofd int fd = -1;

	for (char *p = path;; p++) {
		char saved = *p;

		if (saved != '/' && saved != '\0')
			continue;
		*p = '\0';
		fd = path_mkdirs(base, path, private_sub(path) ? 0700 : 0755);
		if (fd < 0)
			return -1;
		if (saved == '\0')
			return take_fd(&fd);
		(void)close(fd);
		fd = -1;
		*p = saved;
	}
}

static int
open_below(const char *base, const char *sub)
{
	const int flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
	autofree char *path = xasprintf("%s/%s", base, sub);
	autofd int dir = -1;
	int fd = openat(AT_FDCWD, path, flags);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	dir = path_mkdirs(AT_FDCWD, base, 0755);
	return dir < 0 ? -1 : make(dir, sub);
}

int
dirs_open_data(const char *sub)
{
	autofree char *foreign = xasprintf("%s/cas/db", dirs_data());

	if (access(foreign, F_OK) == 0) {
		errno = EBADMSG;
		return -1;
	}
	return open_below(dirs_data(), sub);
}

int
dirs_open_run(const char *sub)
{
	return open_below(dirs_run(), sub);
}

bool
dirs_in_tmp(const char *path)
{
	autofree char *tmp = xasprintf("%s/cas/tmp/", dirs_data());
	size_t length = strlen(tmp);

	return strncmp(path, tmp, length) == 0 && path_is_name(path + length);
}
