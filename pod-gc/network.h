/* SPDX-License-Identifier: Apache-2.0 */
/* network - what an ended pod's networks have left */
#pragma once

#include <jansson.h>

#include "pod.h"

/*
 * The pod's net.json or cni.json; NULL if it has none, or one that is broken,
 * as a power cut may leave it.  Returns 0, or -1 after a line on stderr: the
 * next gc may be able to read it.
 */
int network_read(const struct pod *pod, const char *file, json_t **json);

/*
 * Waits until the kernel has taken away the pod's interfaces, and asks the CNI
 * plugins that were asked to make one to undo that, from the last one; each may
 * be asked again without harm.  Returns 0, or -1 after a line on stderr: the
 * pod is to be left, and the next gc tries again.
 */
int network_unmake(const struct pod *pod);
