/* SPDX-License-Identifier: Apache-2.0 */
/* home - gpg's home directory for one call: private, and gone afterwards */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "confine.h"
#include "dirs.h"
#include "home.h"
#include "path.h"
#include "publish.h"
#include "scope.h"

#define PREFIX "gnupg-"

/* Bytes of a home in memory: the keys, and what gpg makes of them. */
enum { MEMORY_MAX = 32 * 1024 * 1024 };

/*
 * gpg with nobody's help: no network, no agent, no other key ring.  A
 * "trusted-key" line a key makes exactly that key fully valid, which "trust-
 * model always" would not: it leaves every signature without a validity.
 */
static const char conf[] = "no-default-keyring\n"
			   "keyring ring.gpg\n"
			   "quiet\n"
			   "no-auto-key-retrieve\n"
			   "disable-dirmngr\n"
			   "no-autostart\n"
			   "no-random-seed-file\n"
			   "lock-never\n"
			   "exit-on-status-write-error\n";

static int
open_directory(int tmp, const char *name)
{
	return openat(
	    tmp, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Removes the homes that nobody holds: their process was killed. */
static void
sweep(int tmp)
{
	int fd = open_directory(tmp, ".");
	autodir DIR *entries = fd < 0 ? NULL : fdopendir(fd);

	if (entries == NULL && fd >= 0)
		(void)close(fd);
	for (struct dirent *e;
	     entries != NULL && (e = readdir(entries)) != NULL;) {
		autofd int home = -1;

		if (strncmp(e->d_name, PREFIX, strlen(PREFIX)) != 0)
			continue;
		home = open_directory(tmp, e->d_name);
		if (home >= 0 && flock(home, LOCK_EX | LOCK_NB) == 0)
			(void)path_remove(tmp, e->d_name);
	}
}

static int
write_at(int dir, const char *name, const char *bytes, size_t length)
{
	autofd int fd = openat(dir, name,
	    O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct stat directory;

	/* Theirs whose the directory is: they are to work with it. */
	if (fd < 0 || fstat(dir, &directory) < 0 ||
	    fchown(fd, directory.st_uid, directory.st_gid) < 0)
		return -1;
	return write_all(fd, bytes, length);
}

static int
write_key(int dir, const struct trusted_key *key)
{
	autofree char *line = xasprintf("trusted-key %s\n", key->fingerprint);

	if (write_at(dir, "gpg.conf", line, strlen(line)) < 0)
		return -1;
	return write_at(
	    dir, "ring.gpg", (const char *)key->key.bytes, key->key.length);
}

/*
 * gpg takes a database that it could not write for a key that nobody trusts,
 * so there must be room for its own files too.
 */
static int
make_room(int dir)
{
	static const char *const names[] = { "room-1", "room-2" };
	static const char zeros[16 * 1024];
	int result = 0, saved;

	for (size_t i = 0; result == 0 && i < sizeof names / sizeof *names; i++)
		result = write_at(dir, names[i], zeros, sizeof zeros);
	saved = errno;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		(void)path_remove(dir, names[i]);
	errno = saved;
	return result;
}

static int
fill(int dir, const struct keystore *store)
{
	if (write_at(dir, "gpg.conf", conf, strlen(conf)) < 0 ||
	    write_at(dir, "ring.gpg", "", 0) < 0)
		return -1;
	for (size_t i = 0; store != NULL && i < store->count; i++) {
		const struct trusted_key *key = &store->keys[i];

		if (keystore_first(store, key) == key &&
		    write_key(dir, key) < 0)
			return -1;
	}
	return make_room(dir);
}

/*
 * A new directory of our own.  A sweep may see it before it is locked, and
 * then removes it: that one is given up for another.
 */
static int
make_locked(struct home *home)
{
	for (int tries = 0; tries < 100; tries++) {
		free(home->path);
		home->path =
		    xasprintf("%s/cas/tmp/" PREFIX "XXXXXX", dirs_data());
		if (mkdtemp(home->path) == NULL)
			return -1;
		home->fd =
		    open_directory(home->tmp, strrchr(home->path, '/') + 1);
		if (home->fd >= 0 && flock(home->fd, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (home->fd >= 0)
			(void)close(home->fd);
	}
	errno = EAGAIN;
	return -1;
}

static int
make_directory(struct home *home)
{
	home->tmp = dirs_open_data("cas/tmp");
	if (home->tmp < 0)
		return -1;
	sweep(home->tmp);
	return make_locked(home);
}

static int
option(int fs, const char *key, unsigned value)
{
	autofree char *text = xasprintf(*key == 'm' ? "%o" : "%u", value);

	return fsconfig(fs, FSCONFIG_SET_STRING, key, text, 0);
}

/* It belongs to the user that gpg will run as. */
static int
make_memory(struct home *home)
{
	autofd int fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
	uid_t uid;
	gid_t gid;

	confine_user(&uid, &gid);
	home->path = xstrdup("/tmp");
	if (fs < 0 || option(fs, "uid", uid) < 0 ||
	    option(fs, "gid", gid) < 0 || option(fs, "mode", 0700) < 0 ||
	    option(fs, "size", MEMORY_MAX) < 0 ||
	    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	home->fd = fsmount(fs, FSMOUNT_CLOEXEC,
	    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	return home->fd < 0 ? -1 : 0;
}

int
home_make(struct home *home, const struct keystore *store, char **failed)
{
	*home = (struct home){ .tmp = -1, .fd = -1 };
	*failed = xasprintf("%s/cas/tmp", dirs_data());
	if ((geteuid() == 0 ? make_memory(home) : make_directory(home)) < 0)
		return -1;
	if (fill(home->fd, store) < 0) {
		int saved = errno;

		home_remove(home);
		errno = saved;
		return -1;
	}
	free(take_ptr(failed));
	return 0;
}

int
home_enter(const struct home *home)
{
	const struct confine_path more[] = {
		{ home->path, CONFINE_READ | CONFINE_WRITE }, { NULL, 0 }
	};

	/* What is mounted here is not to appear anywhere else. */
	if (home->tmp < 0 &&
	    (unshare(CLONE_NEWNS | CLONE_NEWNET) < 0 ||
		mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		move_mount(home->fd, "", AT_FDCWD, home->path,
		    MOVE_MOUNT_F_EMPTY_PATH) < 0))
		return -1;
	return confine(&confine_gpg, more);
}

void
home_remove(struct home *home)
{
	if (home->tmp >= 0) {
		(void)path_remove(home->tmp, strrchr(home->path, '/') + 1);
		(void)close(home->tmp);
	}
	(void)close(home->fd);
	free(home->path);
	*home = (struct home){ .tmp = -1, .fd = -1 };
}
