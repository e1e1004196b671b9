/* SPDX-License-Identifier: Apache-2.0 */
/* resolver - the host's resolv.conf, as it is of use in a pod */
#pragma once

#include <stdbool.h>

/*
 * The text, for the caller; NULL: the host has none.  For a network of its own,
 * where the host's loopback is another one, systemd-resolved's own list takes
 * the place of its stub; other name servers there are left out, with a warning
 * if no other is left.
 */
char *resolver_of_host(bool own_network);

/* The name servers of such a text, a line each. */
char *resolver_servers(const char *text);
