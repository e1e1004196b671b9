/* SPDX-License-Identifier: Apache-2.0 */
/* foreign - a pod's interface that CNI plugins make */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "alloc.h"
#include "cni.h"
#include "foreign.h"
#include "scope.h"

/*
 * The namespace has no name: the plugins, and what they leave running, get to
 * it by way of our descriptor, as long as we are this program.
 */
static char *
path_of(int netns)
{
	return xasprintf("/proc/%ld/fd/%d", (long)getpid(), netns);
}

int
foreign_make(struct wire *wire, const char *uuid, int netns, char **why)
{
	autofree char *path = path_of(netns);
	const struct cni cni = { uuid, path, wire->pod_name,
		wire->network->args };

	if (cni_add(wire->network->list, &cni, &wire->result, why) < 0)
		return -1;
	(void)cni_address(wire->result, AF_INET, &wire->pod4, &wire->host4);
	(void)cni_address(wire->result, AF_INET6, &wire->pod6, &wire->host6);
	return 0;
}

/* What fails here fails again in pod-gc(8), which says so. */
void
foreign_unmake(struct wire *wires, size_t count, const char *uuid, int netns)
{
	autofree char *path = path_of(netns);

	while (count-- > 0) {
		const struct wire *wire = &wires[count];
		const struct cni cni = { uuid, path, wire->pod_name,
			wire->network->args };
		autofree char *why = NULL;

		if (wire->network->kind == NETWORK_PLUGINS)
			(void)cni_delete(
			    wire->network->list, &cni, wire->result, &why);
	}
}
