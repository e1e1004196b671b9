/* SPDX-License-Identifier: Apache-2.0 */
/* netns - the network namespaces of the host and of the pod */
#pragma once

/*
 * The one that this process is in: a descriptor above the chain's.  Ends the
 * process with one line if that fails, as the others do.
 */
int netns_current(void);

/*
 * Makes a new one and comes back to host: a descriptor of the new one.  The one
 * place where that is done, since who makes a network namespace decides which
 * user namespace owns it.
 */
int netns_make(int host);

/* Changes over to it. */
void netns_enter(int netns);
