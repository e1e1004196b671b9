/* SPDX-License-Identifier: Apache-2.0 */
/* etc - the files of /etc that a pod's network and name decide */
#pragma once

struct names;
struct userns;

/*
 * Gives an image whose /etc is a directory, or not there, resolv.conf, hosts
 * and hostname: those that are firm whatever it has, the others, and mtab, if
 * it has none; an empty one, or a link that leads nowhere, is none.  lower is
 * its root directory, upper that of the pod's own layer, in which nothing runs
 * yet: to write there costs a quarter of writing through the overlay.  What
 * fails ends the process.
 */
void etc_fill(int lower, int upper, const struct names *names,
    const struct userns *userns);
