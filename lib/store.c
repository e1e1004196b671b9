/* SPDX-License-Identifier: Apache-2.0 */
/* store - the store's directory: its paths, and its lock (rkt-store(5)) */

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "alloc.h"
#include "dirs.h"
#include "path.h"
#include "scope.h"
#include "store.h"
#include "uuid.h"

enum { NAME_LENGTH_MAX = 255 };

int
store_open(void)
{
	return dirs_open_data("cas");
}

char *
store_failure(const char *sub, int *status)
{
	if (errno != EBADMSG)
		return xasprintf(
		    "%s/%s: %s", dirs_data(), sub, strerror(errno));
	*status = EX_CONFIG;
	return xasprintf(
	    "%s: the store of another rkt, left alone", dirs_data());
}

int
store_lock(int cas, enum store_lock how)
{
	static const int operations[] = {
		[STORE_SHARED] = LOCK_SH,
		[STORE_EXCLUSIVE] = LOCK_EX,
		[STORE_EXCLUSIVE_NOW] = LOCK_EX | LOCK_NB,
	};
	autofd int fd = openat(cas, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || flock(fd, operations[how]) < 0)
		return -1;
	return take_fd(&fd);
}

char *
store_url_locks_path(void)
{
	return xasprintf("%s/urls", dirs_run());
}

/*
 * Has whoever started us opened that file for the whole pipe?  One of our own
 * that has that number by chance is closed on exec.
 */
static bool
is_inherited(const char *path)
{
	struct stat named, inherited;

	return fcntl(STORE_LOCKS_FD, F_GETFD) == 0 && stat(path, &named) == 0 &&
	       fstat(STORE_LOCKS_FD, &inherited) == 0 &&
	       named.st_dev == inherited.st_dev &&
	       named.st_ino == inherited.st_ino;
}

int
store_url_locks(void)
{
	autofree char *path = store_url_locks_path();
	autofd int dir = -1;

	if (is_inherited(path))
		return STORE_LOCKS_FD;
	dir = dirs_open_run(".");
	if (dir < 0)
		return -1;
	return open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/* The lock that stands for a text. */
static struct flock
lock_of(const char *text)
{
	return (struct flock){ .l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = store_url_lock(text),
		.l_len = 1 };
}

char *
store_handed_on(void)
{
	autofree char *path = store_url_locks_path();
	autofree char *name = NULL;
	struct flock lock;
	char uuid[UUID_SIZE];

	uuid_make(uuid);
	name = xasprintf("pipe-%s", uuid);
	lock = lock_of(name);
	if (is_inherited(path) &&
	    fcntl(STORE_LOCKS_FD, F_OFD_SETLK, &lock) == 0)
		return take_ptr(&name);
	return xasprintf("fetch-%s", uuid);
}

bool
store_is_awaited(const char *name)
{
	autofree char *path = store_url_locks_path();
	/* Opened anew: what descriptor 9 has locked is no obstacle to it. */
	autofd int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	struct flock lock = lock_of(name);

	if (fd < 0)
		return errno != ENOENT;
	return fcntl(fd, F_OFD_GETLK, &lock) < 0 || lock.l_type != F_UNLCK;
}

void
store_key(const char *id, char key[KEY_TEXT])
{
	size_t length = strnlen(id, KEY_TEXT - 1);

	memcpy(key, id, length);
	key[length] = '\0';
}

/* HASH- and 64 digits? */
static bool
is_named(const char *text, const char *hash)
{
	return strncmp(text, hash, 7) == 0 && strlen(text) == KEY_TEXT - 1 &&
	       strspn(text + 7, "0123456789abcdef") == KEY_TEXT - 1 - 7;
}

bool
store_is_key(const char *text)
{
	return is_named(text, "sha512-");
}

bool
store_is_blob(const char *text)
{
	return store_is_key(text) || is_named(text, "sha256-");
}

char *
store_blob(const char *blob)
{
	return xasprintf("blob/%.6s/%.2s/%s", blob, blob + 7, blob);
}

char *
store_info(const char *key)
{
	return xasprintf("image/%s/info.json", key);
}

char *
store_name(const char *name)
{
	char *path = NULL;

	if (strlen(name) > NAME_LENGTH_MAX)
		return NULL;
	path = xasprintf("name/%s", name);
	/* A comma cannot be in a name, and a slash not in a file's. */
	for (char *p = path + strlen("name/"); *p != '\0'; p++)
		if (*p == '/')
			*p = ',';
	return path;
}

/* FNV-1a: it only spreads; who uses it can bear that two are the same. */
uint64_t
store_text_hash(const char *text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (const char *p = text; *p != '\0'; p++) {
		hash ^= (unsigned char)*p;
		hash *= UINT64_C(0x100000001b3);
	}
	return hash;
}

char *
store_entries(const char *blob)
{
	return xasprintf("entries/%s", blob);
}

char *
store_index(const char *key, const char *of)
{
	return of == NULL ? xasprintf("index/%s", key)
			  : xasprintf("index/%s-%016llx", key,
				(unsigned long long)store_text_hash(of));
}

/* The URL is in these files and compared: a collision costs a download. */
char *
store_remote(const char *url)
{
	return xasprintf(
	    "remote/%016llx", (unsigned long long)store_text_hash(url));
}

char *
store_partial(const char *url)
{
	return xasprintf(
	    "partial/%016llx", (unsigned long long)store_text_hash(url));
}

off_t
store_url_lock(const char *url)
{
	return (off_t)(store_text_hash(url) & (INT64_MAX >> 1));
}

char *
store_absolute(const char *path)
{
	return xasprintf("%s/cas/%s", dirs_data(), path);
}

/* A new directory is durable when the one above it has been synced. */
static int
sync_above(int cas, const char *path)
{
	autofree char *above = xasprintf("./%s", path);

	for (char *slash; (slash = strrchr(above, '/')) != NULL;) {
		autofd int fd = -1;

		*slash = '\0';
		fd = openat(cas, above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 || fsync(fd) < 0)
			return -1;
	}
	return 0;
}

int
store_dir(int cas, const char *path)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	autofree char *sub = NULL;
	autofd int made = -1;
	autofd int fd = openat(cas, path, flags);

	if (fd >= 0)
		return take_fd(&fd);
	sub = xasprintf("cas/%s", path);
	made = dirs_open_data(sub);
	if (made < 0 || sync_above(cas, path) < 0)
		return -1;
	return openat(made, ".", flags);
}
