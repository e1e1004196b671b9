/* SPDX-License-Identifier: Apache-2.0 */
/* port - ports of apps, and which of the host lead to them */

#include <string.h>

#include "actype.h"
#include "alloc.h"
#include "escape.h"
#include "num.h"
#include "schema.h"
#include "scope.h"

enum { PORT_MAX = 65535 };

int
schema_port(const struct spot *spot, void *element)
{
	struct port *port = element;
	struct spot at;
	int64_t number = 0, count = 1;
	int socket = false;

	if (spot_checked(spot, "name", acname_check, &port->name) < 0 ||
	    spot_may_checked(spot, "protocol", acname_check, &port->protocol) <
		0 ||
	    spot_number(spot, "port", 1, PORT_MAX, &number) < 0 ||
	    spot_number(spot, "count", 1, PORT_MAX, &count) < 0 ||
	    spot_flag(spot, "socketActivated", &socket) < 0)
		return -1;
	if (spot_member(spot, number == 0 ? "port" : "count", &at) < 0)
		return -1;
	if (number == 0)
		return spot_fail(&at, "is missing");
	if (number + count > PORT_MAX + 1)
		return spot_fail(&at, "%lld ports from %lld on pass 65535",
		    (long long)count, (long long)number);
	if (port->protocol == NULL)
		port->protocol = xstrdup("tcp");
	port->port = (uint16_t)number;
	port->count = (uint16_t)count;
	port->socket_activated = socket;
	return 0;
}

json_t *
port_json(const struct port *port)
{
	json_t *json = json_pack("{s:s, s:i, s:s}", "name", port->name, "port",
	    port->port, "protocol", port->protocol);

	if (port->count > 1)
		json_object_set_new(json, "count", json_integer(port->count));
	if (port->socket_activated)
		json_object_set_new(json, "socketActivated", json_true());
	return json;
}

void
port_free(struct port *port)
{
	free(port->name);
	free(port->protocol);
}

void
pod_port_free(struct pod_port *port)
{
	free(port->name);
	free(port->host_ip);
	if (port->pod_port != NULL)
		port_free(port->pod_port);
	free(port->pod_port);
	*port = (struct pod_port){ 0 };
}

/* The host's address in text, which may be in brackets; NULL on failure. */
static char *
host_ip(const char *text, size_t length)
{
	bool brackets = length > 2 && *text == '[' && text[length - 1] == ']';
	char *ip = xstrndup(text + brackets, length - 2U * brackets);

	if (address_check(ip) == NULL && brackets == (strchr(ip, ':') != NULL))
		return ip;
	free(ip);
	return NULL;
}

int
pod_port_parse(const char *text, struct pod_port *port, char **why)
{
	size_t name = strcspn(text, ":");
	const char *last = strrchr(text, ':');
	autofree char *shown = escape(text);
	uint64_t number = 0;

	*port = (struct pod_port){ .name = xstrndup(text, name) };
	*why = NULL;
	if (last == NULL)
		*why = xasprintf("\"%s\" is not NAME:[HOSTIP:]HOSTPORT", shown);
	else if (acname_check(port->name) != NULL)
		*why = xasprintf("port name \"%.*s\" %s", (int)name, shown,
		    acname_check(port->name));
	else if (num_parse(last + 1, 1, PORT_MAX, &number) < 0)
		*why =
		    xasprintf("\"%s\": the port is not from 1 to 65535", shown);
	else if (last > text + name &&
		 (port->host_ip = host_ip(text + name + 1,
		      (size_t)(last - text) - name - 1)) == NULL)
		*why = xasprintf("\"%s\" has no valid IP address", shown);
	if (*why == NULL) {
		port->host_port = (uint16_t)number;
		return 0;
	}
	pod_port_free(port);
	return -1;
}
