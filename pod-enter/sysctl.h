/* SPDX-License-Identifier: Apache-2.0 */
/* sysctl - kernel settings of a pod: those that are its namespaces' own */
#pragma once

#include <stdbool.h>

struct isolator;
struct pod_manifest;

/*
 * What is wrong with the settings of an isolator os/unix/sysctl: one that is
 * the whole machine's.  NULL: nothing; else the caller frees it.
 */
char *sysctl_refusal(const struct isolator *isolator, bool own_network);

/*
 * In pid 1, while it has the host's /proc: makes the settings, which are those
 * of the namespaces it is in.  What fails ends the process.
 */
void sysctls_apply(const struct pod_manifest *manifest);

/*
 * The same for the number of process ids of the pod's own pid namespace.
 * Before Linux 6.14 it was the machine's, and is left alone.
 */
void sysctl_bound_pids(int count);
