/* SPDX-License-Identifier: Apache-2.0 */
/* guard - who may write what says who is trusted */

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guard.h"

const char *
guard_check(int fd)
{
	struct stat file;

	if (fstat(fd, &file) < 0)
		return strerror(errno);
	if (file.st_uid != 0 && file.st_uid != geteuid())
		return "belongs to another user";
	if ((file.st_mode & S_IWOTH) != 0)
		return "can be written by everybody";
	if ((file.st_mode & S_IWGRP) != 0 && file.st_gid != 0 &&
	    file.st_gid != getegid())
		return "can be written by a group of users";
	return NULL;
}
