/* SPDX-License-Identifier: Apache-2.0 */
/* network - what an ended pod's networks have left */

#include <err.h>
#include <net/if.h>
#include <string.h>
#include <time.h>

#include "cni.h"
#include "escape.h"
#include "network.h"
#include "path.h"
#include "record.h"
#include "scope.h"

/*
 * What dies with the pod's last process is not gone at once: so long is it
 * waited for, in steps, in milliseconds.
 */
enum { PATIENCE = 1000, STEP = 5 };

/* Enough for all networks that a pod may have, and what plugins said of them.
 */
enum { NET_MAX = 4 * 1024 * 1024 };

static void
step(void)
{
	const struct timespec time = { .tv_nsec = STEP * 1000000 };

	(void)nanosleep(&time, NULL);
}

json_t *
network_read(const struct pod *pod, const char *file)
{
	size_t length = 0;
	autofree char *bytes = path_read(pod->dir, file, NET_MAX, &length);
	autofree char *why = NULL;

	return bytes == NULL ? NULL : json_parse(bytes, length, &why);
}

/* Is there still an interface of that name?  The kernel takes 20 ms or so. */
static int
wait_for(const struct pod *pod, const char *interface)
{
	if (strlen(interface) >= IF_NAMESIZE)
		return 0;
	for (int waited = 0; if_nametoindex(interface) != 0; waited += STEP) {
		if (waited >= PATIENCE) {
			warnx("pod \"%s\": interface %s: something holds "
			      "its network namespace, left",
			    pod->uuid, interface);
			return -1;
		}
		step();
	}
	return 0;
}

static int
wait_for_network(const struct pod *pod)
{
	autojson json_t *net = network_read(pod, "net.json");
	const json_t *networks = record_get(net, "networks");

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
	autojson json_t *cni = network_read(pod, "cni.json");
	const json_t *calls = record_get(cni, "networks");
	int result = 0;

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
