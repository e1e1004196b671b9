/* SPDX-License-Identifier: Apache-2.0 */
/* join - a process more in an app of a running pod */
#pragma once

/*
 * Runs argv (NULL at its end; empty: a shell) in the app of that name, or in
 * the only one, of the pod whose UUID begins so: by pod-init's own plan, in
 * its namespaces and the app's cgroup.  Returns the command's exit status.
 * What fails before that ends the process.
 */
int join_pod(const char *uuid, const char *app, char **argv);
