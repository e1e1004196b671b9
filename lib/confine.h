/* SPDX-License-Identifier: Apache-2.0 */
/* confine - giving up rights before bytes from outside are looked at */
#pragma once

/* What may be done to a file or directory, and to all below it. */
enum { CONFINE_READ = 1, CONFINE_WRITE = 2, CONFINE_EXEC = 4 };

/* A list of them ends with path NULL; what is not there is passed over. */
struct confine {
	const char *path;
	unsigned rights;
};

/*
 * What asking a server needs: the resolver's files, the certificates of
 * authorities, and the libraries that libc loads for names.
 */
extern const struct confine confine_web[];

/*
 * From here on this thread, and all that it starts, has no capability, gains
 * none by an exec (no_new_privs), and reaches the files in the two lists only
 * (each may be NULL), besides those that are open; no abstract socket of
 * others and no process outside can be reached either (Landlock, as far as the
 * kernel has it; without it the rest still holds).  WRITE also makes and
 * removes regular files and directories; READ is said apart from it.  The
 * network is not touched.  Call it before a thread is made.  Returns 0, or -1
 * and errno.
 */
int confine(const struct confine *rules, const struct confine *more);
