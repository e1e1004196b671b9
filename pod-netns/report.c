/* SPDX-License-Identifier: Apache-2.0 */
/* report - net.json and cni.json: what a pod has, for others and for pod-gc */

#include <string.h>

#include "alloc.h"
#include "prog.h"
#include "publish.h"
#include "record.h"
#include "report.h"
#include "scope.h"

static void
set_text(json_t *json, const char *name, const char *text)
{
	if (*text != '\0')
		(void)json_object_set_new(json, name, json_string(text));
}

static void
set_address(json_t *json, const char *name, const struct subnet *address)
{
	if (address->family != 0)
		set_text(json, name, address_text(address));
}

static void
set_subnet(json_t *json, const char *name, const struct subnet *subnet)
{
	char text[SUBNET_TEXT];

	if (subnet->family == 0)
		return;
	subnet_format(subnet, text);
	set_text(json, name, text);
}

static json_t *
entry_of(const struct wire *wire)
{
	const struct network *network = wire->network;
	json_t *dns = json_object_get(wire->result, "dns");
	json_t *json = json_object();

	set_text(json, "name", network->name);
	set_text(json, "ifName", wire->pod_name);
	set_text(json, "hostIf", wire->host_name);
	set_address(json, "ip4", &wire->pod4);
	set_address(json, "gateway", &wire->host4);
	set_address(json, "ip6", &wire->pod6);
	set_address(json, "gateway6", &wire->host6);
	if (network->masquerade)
		set_subnet(json, "masquerade", &network->ip4);
	if (network->masquerade && wire->ip6_out)
		set_subnet(json, "masquerade6", &network->ip6);
	if (network->kind == NETWORK_PTP && wire->pod6.family != 0)
		set_subnet(json, "guard6", &network->ip6);
	if (network->kind == NETWORK_BRIDGE)
		set_text(json, "bridge", network->bridge);
	if (dns != NULL)
		(void)json_object_set(json, "dns", dns);
	return json;
}

/* What the plugins were asked, which may have changed in net.d by then. */
static json_t *
call_of(const struct wire *wire)
{
	json_t *json = json_object();

	set_text(json, "ifName", wire->pod_name);
	if (wire->network->args != NULL)
		set_text(json, "args", wire->network->args);
	(void)json_object_set_new(
	    json, "conf", json_deep_copy(wire->network->list));
	if (wire->result != NULL)
		(void)json_object_set(json, "result", wire->result);
	return json;
}

static void
write_list(const struct pod *pod, const char *file, json_t *list)
{
	autojson json_t *json = json_pack("{s:o}", "networks", list);
	autofree char *line = json_dumps(json, JSON_COMPACT);
	autofree char *text = xasprintf("%s\n", line);

	if (publish_file(
		pod->dir, file, text, strlen(text), 0644, PUBLISH_REPLACE) < 0)
		prog_die("pod %s: %s", pod->uuid, file);
}

void
report_write(const struct pod *pod, const struct wire *wires, size_t count)
{
	json_t *entries = json_array(), *calls = json_array();

	for (size_t i = 0; i < count; i++) {
		(void)json_array_append_new(entries, entry_of(&wires[i]));
		if (wires[i].network->kind == NETWORK_PLUGINS)
			(void)json_array_append_new(calls, call_of(&wires[i]));
	}
	if (json_array_size(calls) > 0)
		write_list(pod, "cni.json", calls);
	else
		json_decref(calls);
	write_list(pod, "net.json", entries);
}
