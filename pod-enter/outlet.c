/* SPDX-License-Identifier: Apache-2.0 */
/* outlet - where bytes go that nobody is to wait for */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "outlet.h"

int
outlet_open(int fd)
{
	struct stat file;
	char path[32];
	int own;

	/* A file's would begin at its start; a socket has no other. */
	if (fstat(fd, &file) < 0 ||
	    (!S_ISFIFO(file.st_mode) && isatty(fd) != 1))
		return fd;
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return own < 0 ? fd : own;
}

ssize_t
outlet_write(int fd, const char *bytes, size_t count)
{
	ssize_t n = send(fd, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n >= 0 || errno != ENOTSOCK)
		return n;
	/* A pipe that has room for some has it for so many. */
	return write(fd, bytes, count < PIPE_BUF ? count : PIPE_BUF);
}
