/* SPDX-License-Identifier: Apache-2.0 */
/* notify - systemd's Type=notify, for a pod that is a service */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "manifest.h"
#include "mount.h"
#include "notify.h"
#include "prog.h"
#include "scope.h"
#include "userns.h"

static const char annotation[] = "appc.io/executor/supports-systemd-notify";

bool
notify_wanted(const struct pod_manifest *pod, int *app)
{
	const char *name = getenv("NOTIFY_SOCKET");

	*app = -1;
	if (name == NULL || *name == '\0')
		return false;
	for (size_t i = 0; i < pod->app_count && *app < 0; i++) {
		const char *value =
		    labels_get(&pod->apps[i].annotations, annotation);

		if (value != NULL && strcmp(value, "true") == 0)
			*app = (int)i;
	}
	return true;
}

int
notify_mount(const struct userns *userns)
{
	const char *name = getenv("NOTIFY_SOCKET");
	int tree = open_tree(AT_FDCWD, name,
	    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);

	if (tree < 0 || mount_restrict(tree,
			    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, false) < 0)
		prog_die("NOTIFY_SOCKET");
	/* Else only a socket that everybody may write to is of use. */
	(void)userns_map_mount(userns, tree, 0);
	return tree;
}

void
notify_ready(void)
{
	static const char word[] = "READY=1";
	const char *name = getenv("NOTIFY_SOCKET");
	const size_t length = strlen(name);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	autofd int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (length >= sizeof address.sun_path) {
		errno = ENAMETOOLONG;
	} else {
		memcpy(address.sun_path, name, length);
		/* The way in which a variable can name an abstract one. */
		if (*name == '@')
			address.sun_path[0] = '\0';
		if (fd >= 0 &&
		    sendto(fd, word, sizeof word - 1, MSG_NOSIGNAL,
			(const struct sockaddr *)&address,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				    length)) >= 0)
			return;
	}
	warn("NOTIFY_SOCKET");
}
