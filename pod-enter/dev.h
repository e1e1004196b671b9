/* SPDX-License-Identifier: Apache-2.0 */
/* dev - an app's /dev */
#pragma once

struct userns;

/* What the apps of a pod share: detached mounts, -1 once they are attached. */
struct dev_shared {
	int pts;
	int shm;
	int terminal; /* number of the pod's terminal, or -1 */
};

/* Makes what is not there yet.  What fails ends the process. */
void dev_share(struct dev_shared *shared, const struct userns *userns);

/*
 * For pods of several apps: attaches what they share to the host's /dev/pts
 * and /dev/shm, in this mount namespace, so that every copy of it has them.
 */
void dev_spread(struct dev_shared *shared);

/*
 * Makes an app's /dev below the descriptor root, whose process still sees the
 * host's.  It is our own tmpfs and nodev, with the host's device files bound
 * in: what an app with CAP_MKNOD makes beside them is dead.  The image's own
 * /dev is never looked into, and must be a directory or missing.
 */
void dev_build(int root, const char *app, const struct dev_shared *shared);
