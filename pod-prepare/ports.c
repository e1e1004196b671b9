/* SPDX-License-Identifier: Apache-2.0 */
/* ports - which ports of the host are to lead to which of the pod */

#include <arpa/inet.h>
#include <string.h>

#include "escape.h"
#include "filter.h"
#include "ports.h"
#include "prog.h"

enum { PORT_MAX = 65535 };

/* The one port of that name. */
static const struct port *
port_named(const struct pod_manifest *pod, const char *name)
{
	const struct port *found = NULL;

	for (size_t i = 0; i < pod->app_count; i++) {
		const struct app *app = pod->apps[i].app;

		for (size_t j = 0; j < app->port_count; j++) {
			if (strcmp(app->ports[j].name, name) != 0)
				continue;
			if (found != NULL)
				filter_failx(EX_USAGE,
				    "port name \"%s\" defined multiple apps",
				    escape(name));
			found = &app->ports[j];
		}
	}
	if (found == NULL)
		filter_failx(EX_USAGE,
		    "port name \"%s\" could not be found in any apps",
		    escape(name));
	return found;
}

static const struct port *
pod_port(const struct pod_manifest *pod, const struct pod_port *port)
{
	return port->pod_port != NULL ? port->pod_port
				      : port_named(pod, port->name);
}

static const char *
address(const struct pod_port *port)
{
	return port->host_ip != NULL ? port->host_ip : "0.0.0.0";
}

/* Its family, and its bytes; 0: every address of both. */
static int
read_address(const struct pod_port *port, unsigned char bytes[16])
{
	int family;

	memset(bytes, 0, 16);
	if (port->host_ip == NULL)
		return 0;
	family = strchr(port->host_ip, ':') == NULL ? AF_INET : AF_INET6;
	(void)inet_pton(family, port->host_ip, bytes); /* checked before */
	return family;
}

/* 0.0.0.0 is every address of IPv4, and :: every one of IPv6. */
static bool
share_address(const struct pod_port *a, const struct pod_port *b)
{
	static const unsigned char any[16];
	unsigned char one[16], other[16];
	int family = read_address(a, one), its = read_address(b, other);

	if (family == 0 || its == 0)
		return true;
	return family == its && (memcmp(one, other, sizeof one) == 0 ||
				    memcmp(one, any, sizeof one) == 0 ||
				    memcmp(other, any, sizeof one) == 0);
}

static bool
share_number(const struct pod_port *a, const struct port *port,
    const struct pod_port *b, const struct port *its)
{
	return strcmp(port->protocol, its->protocol) == 0 &&
	       a->host_port < b->host_port + its->count &&
	       b->host_port < a->host_port + port->count;
}

static void
check_alone(const struct pod_port *one, const struct port *port)
{
	if (strcmp(port->protocol, "tcp") != 0 &&
	    strcmp(port->protocol, "udp") != 0)
		filter_failx(EX_USAGE,
		    "port \"%s\": protocol \"%s\" is neither tcp nor udp",
		    escape(one->name), escape(port->protocol));
	if (one->host_port + port->count > PORT_MAX + 1)
		filter_failx(EX_USAGE,
		    "port \"%s\": %u ports from %u on pass 65535",
		    escape(one->name), port->count, one->host_port);
}

void
ports_check(const struct pod_manifest *pod)
{
	for (size_t i = 0; i < pod->port_count; i++) {
		const struct pod_port *one = &pod->ports[i];
		const struct port *port = pod_port(pod, one);

		check_alone(one, port);
		for (size_t j = 0; j < i; j++) {
			const struct pod_port *other = &pod->ports[j];
			const struct port *its = pod_port(pod, other);

			if (share_number(one, port, other, its) &&
			    share_address(one, other))
				filter_failx(EX_USAGE,
				    "port %s-%s:%u already mapped to pod port "
				    "%u",
				    escape(port->protocol), address(one),
				    one->host_port, its->port);
		}
	}
}

json_t *
ports_json(const struct pod_manifest *pod)
{
	json_t *list = json_array();

	for (size_t i = 0; i < pod->port_count; i++) {
		const struct pod_port *one = &pod->ports[i];
		const struct port *port = pod_port(pod, one);

		(void)json_array_append_new(
		    list, json_pack("{s:s, s:s, s:i, s:i, s:i, s:s*}", "name",
			      one->name, "protocol", port->protocol, "port",
			      port->port, "count", port->count, "hostPort",
			      one->host_port, "hostIP", one->host_ip));
	}
	return list;
}
