/* SPDX-License-Identifier: Apache-2.0 */
/* network - what an ended pod's networks have left */

#include <err.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "cni.h"
#include "escape.h"
#include "network.h"
#include "path.h"
#include "patience.h"
#include "record.h"
#include "scope.h"

/* Enough for all networks that a pod may have, and what plugins said of them.
 */
enum { NET_MAX = 4 * 1024 * 1024 };

int
network_read(const struct pod *pod, const char *file, json_t **json)
{
	size_t length = 0;
	autofree char *bytes = path_read(pod->dir, file, NET_MAX, &length);
	autofree char *why = NULL;

	*json = bytes == NULL ? NULL : json_parse(bytes, length, &why);
	if (bytes != NULL || errno == ENOENT || errno == EINVAL ||
	    errno == EFBIG || errno == ELOOP)
		return 0;
	warn("pod \"%s\": %s", pod->uuid, file);
	return -1;
}

/* Is there still an interface of that name?  The kernel takes 20 ms or so. */
static int
wait_for(const struct pod *pod, const char *interface)
{
	if (strlen(interface) >= IF_NAMESIZE)
		return 0;
	for (struct patience patience = { 0 };
	     if_nametoindex(interface) != 0;) {
		if (!patience_wait(&patience)) {
			warnx("pod \"%s\": interface %s: something holds "
			      "its network namespace, left",
			    pod->uuid, interface);
			return -1;
		}
	}
	return 0;
}

static int
wait_for_network(const struct pod *pod)
{
	autojson json_t *net = NULL;
	const json_t *networks;

	if (network_read(pod, "net.json", &net) < 0)
		return -1;
	networks = record_get(net, "networks");
	for (size_t i = 0; i < json_array_size(networks); i++) {
		const char *interface =
		    record_string(json_array_get(networks, i), "hostIf");

		if (interface != NULL && wait_for(pod, interface) < 0)
			return -1;
	}
	return 0;
}

/* The namespace is gone, which an empty name says. */
static int
undo(const struct pod *pod, const json_t *call)
{
	const struct cni cni = { pod->uuid, "", record_string(call, "ifName"),
		record_string(call, "args") };
	autofree char *why = NULL;
	autofree char *shown = NULL;

	if (cni.interface == NULL ||
	    cni_delete(json_object_get(call, "conf"), &cni,
		json_object_get(call, "result"), &why) == 0)
		return 0;
	shown = escape(why);
	warnx("pod \"%s\": %s, left", pod->uuid, shown);
	return -1;
}

static int
undo_plugins(const struct pod *pod)
{
	autojson json_t *cni = NULL;
	const json_t *calls;
	int result = 0;

	if (network_read(pod, "cni.json", &cni) < 0)
		return -1;
	calls = record_get(cni, "networks");
	for (size_t i = json_array_size(calls); i-- > 0;)
		if (undo(pod, json_array_get(calls, i)) < 0)
			result = -1;
	return result;
}

int
network_unmake(const struct pod *pod)
{
	return wait_for_network(pod) < 0 ? -1 : undo_plugins(pod);
}
