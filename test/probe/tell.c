/* SPDX-License-Identifier: Apache-2.0 */
/* tell TEXT - as sd_notify(3), the socket that NOTIFY_SOCKET names */
/*
 * tell TEXT stay    the same, and does not end: systemd looks the process up
 *                   to know whose service it is.
 */

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	const char *path = getenv("NOTIFY_SOCKET");

	if (fd < 0 || path == NULL || argc < 2)
		return 1;
	strncpy(at.sun_path, path, sizeof at.sun_path - 1);
	if (sendto(fd, argv[1], strlen(argv[1]), 0, (void *)&at, sizeof at) < 0)
		return 1;
	return argc == 2 ? 0 : pause();
}
