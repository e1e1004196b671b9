/* SPDX-License-Identifier: Apache-2.0 */
/* confine - giving up rights before bytes from outside are looked at */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What may be done to a file or directory, and to all below it. */
enum { CONFINE_READ = 1, CONFINE_WRITE = 2, CONFINE_EXEC = 4 };

/* A list of them ends with path NULL; what is not there is passed over. */
struct confine_path {
	const char *path;
	unsigned rights;
};

/* What a kind of work needs, and nothing beyond it. */
struct confine {
	const struct sock_filter *calls; /* of confine-calls.h */
	size_t call_count;
	const struct confine_path *paths; /* NULL: no file by its name */
	unsigned seconds;                 /* of the processor; 0: any */
	size_t memory;                    /* bytes of data */
	bool connects;                    /* may it ask a server? */
};

/* Asking a server, and writing what comes to files that are open. */
extern const struct confine confine_web;
/* Reading files that are open, and writing such. */
extern const struct confine confine_copy;
/* Inflating what comes through a pipe to the end of an open file. */
extern const struct confine confine_decode;
/* Reading an archive that is open, and writing down what is in it. */
extern const struct confine confine_archive;
/* gpgme and gpg, in a home directory that the caller adds. */
extern const struct confine confine_gpg;

/* Whom root becomes: the user _rkt if there is one, else nobody. */
void confine_user(uid_t *uid, gid_t *gid);

/*
 * Notes which descriptors above 2 the caller left open: operands may name them
 * (/dev/fd/63), so they stay until confine() closes them.  Call it before
 * anything is opened, also by a library.  Without a /proc, confine() fails.
 */
void confine_note(void);

/* But for this one, which may be -1. */
void confine_keep(int fd);

/*
 * From here on this process, and all that it starts: is confine_user(), in
 * no further group, if it was root; has no capability and gains
 * none by an exec (no_new_privs); may use the system calls of its list alone
 * (seccomp); opens the files in the two lists, of which more may be NULL, and
 * no others, speaks to no process outside, and binds no port (Landlock, as far
 * as the kernel has it); has no descriptor that was noted;
 * dumps no core and cannot be traced by its own like.  What is open stays
 * open, and the signal of its parent's death is kept.  CONFINE_WRITE also makes
 * and removes regular files and directories; CONFINE_READ is said apart from
 * it.  Who is not root keeps his user id, and the rest holds.
 *
 * Call it before a thread is made.  Returns 0, or -1 and errno: then nothing
 * from outside may be touched.
 */
int confine(const struct confine *plan, const struct confine_path *more);
