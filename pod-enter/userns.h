/* SPDX-License-Identifier: Apache-2.0 */
/* userns - the user namespace that a pod has of its own, if it has one */
#pragma once

#include <stdint.h>
#include <sys/types.h>

struct pod;

struct userns {
	int fd;      /* -1: the pod's users are the host's */
	uid_t first; /* the host's id of its user 0, and of its group */
};

/*
 * The one that owns the network which pod-netns(8) has made, as the kernel
 * tells.  What fails ends the process.
 */
void userns_find(const struct pod *pod, struct userns *userns);

/* The one of a running pod, to be entered by its pidfd: fd is no descriptor. */
void userns_of(const struct pod *pod, pid_t pid, struct userns *userns);

/*
 * Replaces a descriptor of a tree by one of a mount of its own, in which the
 * ids of the files are those inside.  Nothing without a user namespace.  0, or
 * -1 and errno: EINVAL: its file system cannot do that.
 */
int userns_map(const struct userns *userns, int *tree);

/* The same for a mount that is not attached yet, and all below it. */
int userns_map_mount(const struct userns *userns, int mount, unsigned below);

/*
 * Gives what we have made to the pod's user 0; name "": the descriptor itself.
 * Nothing without a user namespace.  0, or -1 and errno.
 */
int userns_give(const struct userns *userns, int dir, const char *name);

/* The same for a terminal, whose group it keeps. */
int userns_give_terminal(const struct userns *userns, int fd);

/* The descriptors 0 to 2 that are pipes, so that apps can open them again. */
void userns_give_pipes(const struct userns *userns);

/*
 * Goes there, as its user 0 with every capability in it; from then on not as
 * the host's root.  oom_score: the lowest that an app may be given.  What
 * fails ends the process.
 */
void userns_enter(const struct userns *userns, int oom_score);
