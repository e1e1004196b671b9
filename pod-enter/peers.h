/* SPDX-License-Identifier: Apache-2.0 */
/* peers - pods of a network that know each other by name */
#pragma once

#include <jansson.h>

struct pod;

/*
 * The hosts file that all pods of the network that ask for it share,
 * RKT_RUN/net/NAME.hosts: with the lines of this pod now, and without those of
 * pods that have ended.  names has the names of the pod.  Returns a descriptor
 * of it; ends the process with one line if that fails.
 */
int peers_open(const struct pod *pod, const json_t *network, const char *names);
