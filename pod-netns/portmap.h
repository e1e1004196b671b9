/* SPDX-License-Identifier: Apache-2.0 */
/* portmap - ports of the host that lead to the pod */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lease.h"
#include "mapping.h"
#include "wire.h"

struct portmap {
	char *table;
	struct mapping *list;
	size_t count;
	const struct wire *wire; /* where they lead to */
	bool ip6;                /* by IPv6 too */
	struct purse purse;      /* purse.kept is -1 if there are none */
};

/*
 * In the host's network, before anything is made there: takes from run.json
 * what is to lead to the pod, by one of the planned wires, and leases those
 * ports.  Ends the process with one line if one is in use.
 */
void portmap_claim(struct portmap *portmap, const struct pod *pod,
    const json_t *run, const struct wire *wires, size_t count);

/*
 * In the host's network, when the wires are made: one table of the pod's own
 * with all the rules, which goes with the last process that holds
 * portmap->purse.kept, whoever flushes the others.  Ends the process with one
 * line if that fails.
 */
void portmap_make(struct portmap *portmap);
