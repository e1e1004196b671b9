/* SPDX-License-Identifier: Apache-2.0 */
/* store - the store's directory: its paths, and its lock (rkt-store(5)) */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* "sha512-", 64 digits and a NUL: an image's name in the store. */
enum { KEY_TEXT = 7 + 64 + 1 };

/* A descriptor (O_PATH) of the store, made if it is missing; -1 and errno. */
int store_open(void);

/*
 * After that has failed, or dirs_open_data(sub): what to say of it, for the
 * caller.  *status becomes EX_CONFIG if the store is another rkt's.
 */
char *store_failure(const char *sub, int *status);

/*
 * The store's lock, held until the descriptor is closed.  Shared: between the
 * first file of an image and the last one nobody may take away what has no
 * image yet.  Exclusive: for him who does.  Returns -1 and errno; EWOULDBLOCK
 * if it may not wait.
 */
enum store_lock { STORE_SHARED, STORE_EXCLUSIVE, STORE_EXCLUSIVE_NOW };
int store_lock(int cas, enum store_lock how);

/*
 * The file in whose bytes URLs are locked (fcntl(2), F_OFD_SETLK), made if it
 * is missing, open for both: descriptor 9 if that is it, so that the lock may
 * outlive the process, and else one of our own.  -1 and errno.
 */
enum { STORE_LOCKS_FD = 9 };
int store_url_locks(void);
char *store_url_locks_path(void);

/*
 * The name in tmp of a file that the next program of a pipe is told of:
 * "pipe-UUID" if descriptor 9 is that file, which then has the name's byte
 * locked until all of the pipe have ended; else "fetch-UUID", of which nobody
 * can tell for how long it is wanted.  The caller frees it.
 */
char *store_handed_on(void);

/* Of a "pipe-UUID": may somebody of its pipe be alive? */
bool store_is_awaited(const char *name);

/* Spreads texts over 64 bits; two of them may have the same. */
uint64_t store_text_hash(const char *text);

/* The byte that stands for the URL. */
off_t store_url_lock(const char *url);

/* The key of an id or a longer key: its beginning. */
void store_key(const char *id, char key[KEY_TEXT]);

/* Is it "sha512-" and 64 lower-case hexadecimal digits? */
bool store_is_key(const char *text);

/* A blob's name: a key, or a layer's diffID, "sha256-" and its 64 digits. */
bool store_is_blob(const char *text);

/* Paths below the store; the caller frees them. */
char *store_blob(const char *blob);    /* blob/sha512/XX/BLOB, or sha256 */
char *store_entries(const char *blob); /* entries/BLOB */
char *store_index(const char *key, const char *of); /* index/KEY[-HASH] */
char *store_info(const char *key);                  /* image/KEY/info.json */
char *store_name(const char *name);   /* name/NAME; NULL: too long for it */
char *store_remote(const char *url);  /* remote/HASH */
char *store_partial(const char *url); /* partial/HASH */

/* The absolute path of one of them. */
char *store_absolute(const char *path);

/*
 * A directory below the store, made if missing, open for reading (so that it
 * can be synced).  -1 and errno.
 */
int store_dir(int cas, const char *path);
