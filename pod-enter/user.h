/* SPDX-License-Identifier: Apache-2.0 */
/* user - the ids that an image means by a user and a group */
#pragma once

#include <sys/types.h>

struct user {
	uid_t uid;
	gid_t gid;
	char *name; /* and the rest as the image has it, or usual values */
	char *home;
	char *shell;
};

/*
 * Looks up both in the image whose root directory is the descriptor root: a
 * name in its /etc/passwd or /etc/group, a decimal number, or an absolute
 * path, which means the owner of that file, whose user 0 is shown as first.
 * Nothing falls back to root.
 * Returns 0 with *user for user_free(), or -1 with *why for the caller to free.
 */
int user_find(int root, const char *user, const char *group, uid_t first,
    struct user *found, char **why);
void user_free(struct user *user);
