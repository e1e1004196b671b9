/* SPDX-License-Identifier: Apache-2.0 */
/* mapping - which ports of the host are to lead to the pod */

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "escape.h"
#include "mapping.h"
#include "prog.h"
#include "record.h"

enum { PORT_MAX = 65535, MAPPINGS_MAX = 1024 };

bool
mapping_is_any(const struct mapping *mapping)
{
	static const unsigned char zero[16];

	return memcmp(mapping->host.address, zero, sizeof zero) == 0;
}

const char *
mapping_text(const struct mapping *mapping, unsigned number)
{
	const struct subnet *host = &mapping->host;
	static char text[INET6_ADDRSTRLEN + 32];
	bool six = host->family == AF_INET6;

	if (host->family == 0) {
		(void)snprintf(text, sizeof text, "%s port %u",
		    mapping->protocol == IPPROTO_TCP ? "tcp" : "udp",
		    mapping->host_port + number);
		return text;
	}
	(void)snprintf(text, sizeof text, "%s %s%s%s:%u",
	    mapping->protocol == IPPROTO_TCP ? "tcp" : "udp", six ? "[" : "",
	    address_text(host), six ? "]" : "", mapping->host_port + number);
	return text;
}

/* A number from 1 to PORT_MAX; said is what it is if it is not there. */
static int
number_of(const json_t *json, const char *name, unsigned said, unsigned *number)
{
	const json_t *value = json_object_get(json, name);

	*number = said;
	if (value != NULL) {
		if (!json_is_integer(value) || json_integer_value(value) < 1 ||
		    json_integer_value(value) > PORT_MAX)
			return -1;
		*number = (unsigned)json_integer_value(value);
	}
	return *number == 0 ? -1 : 0;
}

static const char *
read_address(const char *text, struct subnet *address)
{
	return text == NULL || address_parse(text, address) == 0 ? NULL
								 : "hostIP";
}

/* Returns the name of the member that is wrong, or NULL. */
static const char *
read_mapping(const json_t *json, struct mapping *mapping)
{
	const char *name = record_string(json, "name");
	const char *protocol = record_string(json, "protocol");
	unsigned port, host_port;

	if (name == NULL)
		return "name";
	if (protocol == NULL ||
	    (strcmp(protocol, "tcp") != 0 && strcmp(protocol, "udp") != 0))
		return "protocol: neither tcp nor udp";
	if (number_of(json, "port", 0, &port) < 0)
		return "port";
	if (number_of(json, "hostPort", 0, &host_port) < 0)
		return "hostPort";
	if (number_of(json, "count", 1, &mapping->count) < 0 ||
	    port + mapping->count > PORT_MAX + 1 ||
	    host_port + mapping->count > PORT_MAX + 1)
		return "count";
	mapping->name = escape(name);
	mapping->protocol =
	    strcmp(protocol, "tcp") == 0 ? IPPROTO_TCP : IPPROTO_UDP;
	mapping->port = (uint16_t)port;
	mapping->host_port = (uint16_t)host_port;
	return read_address(record_string(json, "hostIP"), &mapping->host);
}

struct mapping *
mappings_read(const struct pod *pod, const json_t *run, size_t *count)
{
	const json_t *list;
	struct mapping *mappings;

	list = record_get(run, "ports");
	*count = json_array_size(list);
	if (*count == 0)
		return NULL;
	if (*count > MAPPINGS_MAX)
		prog_diex(
		    "pod %s: more than %d ports", pod->uuid, MAPPINGS_MAX);
	mappings = xcalloc(*count, sizeof *mappings);
	for (size_t i = 0; i < *count; i++) {
		const char *wrong =
		    read_mapping(json_array_get(list, i), &mappings[i]);

		if (wrong != NULL)
			prog_diex("pod %s: run.json: ports[%zu].%s", pod->uuid,
			    i, wrong);
	}
	return mappings;
}
