/* SPDX-License-Identifier: Apache-2.0 */
/* notify - systemd's Type=notify, for a pod that is a service */
#pragma once

#include <stdbool.h>

struct pod_manifest;
struct userns;

/* Where an app that notifies itself finds the socket. */
#define NOTIFY_TARGET "/run/rkt-notify"

/*
 * Is there somebody to tell?  That is so if the caller's environment has
 * NOTIFY_SOCKET, in front.  *app is the first app whose image says that it
 * notifies itself (appc.io/executor/supports-systemd-notify), or -1: then we
 * are to tell, when all were started.
 */
bool notify_wanted(const struct pod_manifest *pod, int *app);

/*
 * The socket, as a mount that is not attached anywhere yet, which the pod's
 * root may write to.  What fails ends the process.
 */
int notify_mount(const struct userns *userns);

/* Tells that the service is up; what fails is warned of. */
void notify_ready(void);
