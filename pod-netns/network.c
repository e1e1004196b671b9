/* SPDX-License-Identifier: Apache-2.0 */
/* network - what a conf says about a network, and who makes it */

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "cni.h"
#include "escape.h"
#include "network.h"
#include "prog.h"
#include "record.h"
#include "scope.h"

/*
 * A conf that is being read.  What is wrong whoever makes the network is
 * refused; the first thing that we do not do ourselves is noted, and then a
 * plugin of that type has to.
 */
struct reader {
	const struct conf *conf;
	char *foreign;
};

static void
note(struct reader *reader, const char *what)
{
	if (reader->foreign == NULL)
		reader->foreign = xstrdup(what);
}

static void
only(struct reader *reader, json_t *object, const char *prefix,
    const char *const names[])
{
	const char *member;
	json_t *value;

	json_object_foreach(object, member, value)
	{
		autofree char *what = xasprintf("%s%s", prefix, member);
		size_t i = 0;

		while (names[i] != NULL && strcmp(names[i], member) != 0)
			i++;
		if (names[i] == NULL)
			note(reader, what);
	}
}

static _Noreturn void
refuse(const struct reader *reader, const char *member, const char *what)
{
	autofree char *text = xasprintf("%s: %s", member, what);

	conf_refuse(reader->conf, text);
}

static bool
read_flag(const struct reader *reader, const json_t *json, const char *member)
{
	const json_t *value = json_object_get(json, member);

	if (value != NULL && !json_is_boolean(value))
		refuse(reader, member, "not true or false");
	return json_is_true(value);
}

static bool
read_subnet(const struct reader *reader, const char *member,
    const json_t *value, struct subnet *subnet)
{
	const char *text = json_string_value(value);

	if (value == NULL)
		return false;
	if (text == NULL || subnet_parse(text, subnet) < 0)
		refuse(reader, member,
		    "not a subnet such as 172.16.28.0/24 or fd00::/64");
	return true;
}

static bool
read_address(const struct reader *reader, const char *member,
    const json_t *value, struct subnet *address)
{
	const char *text = json_string_value(value);

	if (value == NULL)
		return false;
	if (text == NULL || address_parse(text, address) < 0)
		refuse(reader, member, "not an address");
	return true;
}

static void
read_routes(
    struct reader *reader, const json_t *routes, struct network *network)
{
	static const char *const members[] = { "dst", NULL };

	if (routes == NULL)
		return;
	if (!json_is_array(routes) || json_array_size(routes) > ROUTES_MAX)
		refuse(reader, "ipam.routes", "not a list of at most 16");
	for (size_t i = 0; i < json_array_size(routes); i++) {
		json_t *route = json_array_get(routes, i);

		if (!json_is_object(route))
			refuse(reader, "ipam.routes", "not a list of objects");
		only(reader, route, "ipam.routes.", members);
		if (!read_subnet(reader, "ipam.routes.dst",
			json_object_get(route, "dst"),
			&network->routes[network->route_count++]))
			refuse(reader, "ipam.routes.dst", "missing");
	}
}

/* One subnet of a family, with what else is said about it. */
static void
read_range(struct reader *reader, const json_t *range, struct network *network)
{
	struct subnet subnet, first, last;

	if (!read_subnet(reader, "ipam.subnet",
		json_object_get(range, "subnet"), &subnet))
		refuse(reader, "ipam.subnet", "missing");
	if ((subnet.family == AF_INET ? network->ip4 : network->ip6).family !=
	    0) {
		note(reader, "ipam.ranges, several of a family,");
		return;
	}
	*(subnet.family == AF_INET ? &network->ip4 : &network->ip6) = subnet;
	network->first = 0;
	network->last = UINT32_MAX;
	if (read_address(reader, "ipam.rangeStart",
		json_object_get(range, "rangeStart"), &first))
		network->first = subnet_number(&subnet, &first);
	if (read_address(reader, "ipam.rangeEnd",
		json_object_get(range, "rangeEnd"), &last))
		network->last = subnet_number(&subnet, &last);
	(void)read_address(reader, "ipam.gateway",
	    json_object_get(range, "gateway"), &network->gateway);
}

static void
read_ranges(struct reader *reader, json_t *ipam, const char *const members[],
    struct network *network)
{
	json_t *ranges = json_object_get(ipam, "ranges");

	if (ranges != NULL && !json_is_array(ranges))
		refuse(reader, "ipam.ranges", "not a list");
	if (ranges == NULL || json_object_get(ipam, "subnet") != NULL)
		read_range(reader, ipam, network);
	for (size_t i = 0; i < json_array_size(ranges); i++) {
		json_t *set = json_array_get(ranges, i);

		if (!json_is_array(set) || json_array_size(set) == 0 ||
		    !json_is_object(json_array_get(set, 0)))
			refuse(reader, "ipam.ranges",
			    "not a list of lists of objects");
		if (json_array_size(set) > 1)
			note(reader, "ipam.ranges, several of a family,");
		only(reader, json_array_get(set, 0), "ipam.ranges.", members);
		read_range(reader, json_array_get(set, 0), network);
	}
}

/* Those of a bridge may also say where in the subnet the pods are. */
static void
read_ipam(struct reader *reader, json_t *ipam, struct network *network)
{
	static const char *const all[] = { "subnet", "rangeStart", "rangeEnd",
		"gateway", "type", "routes", "ranges", NULL };
	static const char *const pairs[] = { "subnet", "type", "routes",
		"ranges", NULL };
	const char *const *members =
	    network->kind == NETWORK_BRIDGE ? all : pairs;
	const char *type = record_string(ipam, "type");

	if (type == NULL)
		refuse(reader, "ipam.type", "missing");
	if (strcmp(type, "host-local") != 0 &&
	    strcmp(type, "host-local-ptp") != 0) {
		autofree char *what = xasprintf("ipam.type %s", type);

		note(reader, what);
		return;
	}
	only(reader, ipam, "ipam.", members);
	read_ranges(reader, ipam, members, network);
	read_routes(reader, json_object_get(ipam, "routes"), network);
}

static void
check_pairs(struct reader *reader, const struct network *network)
{
	const struct subnet *ip4 = &network->ip4, *ip6 = &network->ip6;

	if (ip4->family == 0)
		note(reader, "ipam.subnet, IPv6 alone,");
	else if (ip4->bits < BITS_MIN || ip4->bits > BITS_MAX)
		note(reader, "ipam.subnet, a prefix not from 8 to 29,");
	else if (ip6->family != 0 && 128U - ip6->bits < 32U - ip4->bits)
		note(reader, "ipam.ranges, fewer addresses of IPv6,");
}

/* Its first address names the subnet, its last is broadcast. */
static void
check_bridge(struct reader *reader, struct network *network)
{
	const struct subnet *subnet = &network->ip4;
	uint32_t end;

	if (network->ip6.family != 0 || subnet->family == 0) {
		note(reader, "ipam.subnet, IPv6,");
		return;
	}
	if (subnet->bits < BITS_MIN || subnet->bits > BITS_MAX) {
		note(reader, "ipam.subnet, a prefix not from 8 to 29,");
		return;
	}
	end = (uint32_t)((UINT64_C(1) << (32 - subnet->bits)) - 2);
	if (network->last == UINT32_MAX)
		network->last = end;
	if (network->first == 0)
		network->first = 1;
	if (network->first > network->last || network->last > end)
		refuse(reader, "ipam.rangeStart, rangeEnd",
		    "not a range of the subnet");
	if (network->gateway.family == 0)
		network->gateway = subnet_address(subnet, 1);
	if (!subnet_holds(subnet, &network->gateway))
		refuse(reader, "ipam.gateway", "not in the subnet");
}

static void
read_bridge(struct reader *reader, json_t *json, struct network *network)
{
	const json_t *name = json_object_get(json, "bridge");
	const char *text = name == NULL ? "cni0" : json_string_value(name);

	if (text == NULL || *text == '\0' || strlen(text) >= IF_NAMESIZE ||
	    strcspn(text, "/: \t\n") != strlen(text) || *text == '.')
		refuse(reader, "bridge", "not an interface's name");
	(void)strcpy(network->bridge, text);
	network->is_gateway = read_flag(reader, json, "isGateway");
	network->is_default_gateway =
	    read_flag(reader, json, "isDefaultGateway");
	network->hairpin = read_flag(reader, json, "hairpinMode");
	if (network->is_default_gateway)
		network->is_gateway = true;
	check_bridge(reader, network);
}

static void
read_built_in(struct reader *reader, json_t *json, struct network *network)
{
	static const char *const of_ptp[] = { "cniVersion", "name", "type",
		"ipMasq", "mtu", "ipam", NULL };
	static const char *const of_bridge[] = { "cniVersion", "name", "type",
		"ipMasq", "mtu", "ipam", "bridge", "isGateway",
		"isDefaultGateway", "hairpinMode", NULL };
	bool bridge = network->kind == NETWORK_BRIDGE;
	const json_t *mtu = json_object_get(json, "mtu");

	only(reader, json, "", bridge ? of_bridge : of_ptp);
	network->masquerade = read_flag(reader, json, "ipMasq");
	if (mtu != NULL &&
	    (!json_is_integer(mtu) || json_integer_value(mtu) < 68 ||
		json_integer_value(mtu) > 65535))
		refuse(reader, "mtu", "not a number from 68 to 65535");
	network->mtu = (unsigned)json_integer_value(mtu);
	read_ipam(reader, json_object_get(json, "ipam"), network);
	if (reader->foreign == NULL && bridge)
		read_bridge(reader, json, network);
	else if (reader->foreign == NULL)
		check_pairs(reader, network);
}

/* Each of its plugins must be there before anything is made. */
static void
check_plugins(const struct reader *reader, const struct network *network)
{
	const json_t *plugins = json_object_get(network->list, "plugins");

	for (size_t i = 0; i < json_array_size(plugins); i++) {
		const char *type =
		    record_string(json_array_get(plugins, i), "type");
		autofree char *path = cni_find(type);
		autofree char *what = NULL;

		if (path != NULL)
			continue;
		what = reader->foreign == NULL
			   ? xasprintf("type %s: no such plugin", type)
			   : xasprintf("%s: not built in, and there is no "
				       "plugin %s",
				 reader->foreign, type);
		conf_refuse(reader->conf, what);
	}
}

static void
read_network(const struct conf *conf, const char *args, struct network *network)
{
	const json_t *plugins = json_object_get(conf->list, "plugins");
	json_t *first = json_array_get(plugins, 0);
	const char *type = record_string(first, "type");
	struct reader reader = { .conf = conf };

	*network = (struct network){ .name = conf->name,
		.args = args,
		.list = conf->list,
		.kind = NETWORK_PLUGINS };
	if (json_array_size(plugins) == 1 &&
	    (strcmp(type, "ptp") == 0 || strcmp(type, "veth") == 0))
		network->kind = NETWORK_PTP;
	if (json_array_size(plugins) == 1 && strcmp(type, "bridge") == 0)
		network->kind = NETWORK_BRIDGE;
	if (network->kind != NETWORK_PLUGINS && args != NULL)
		note(&reader, "arguments");
	if (network->kind != NETWORK_PLUGINS)
		read_built_in(&reader, first, network);
	if (reader.foreign != NULL)
		network->kind = NETWORK_PLUGINS;
	if (network->kind == NETWORK_PLUGINS)
		check_plugins(&reader, network);
	free(reader.foreign);
}

/* Who has asked for it is told; who has not need not know. */
static void
tell_override(const char *name, const char *dir, void *data)
{
	struct wishes *wishes = data;

	if (wishes->all || wish_for(wishes, name) != NULL)
		warnx("overriding \"%s\" network with one from %s", name, dir);
}

/* Of all, default-restricted only if somebody has configured it. */
static bool
is_wished(struct wishes *wishes, const struct conf *conf, const char **args)
{
	struct wish *wish = wish_for(wishes, conf->name);

	*args = wish == NULL ? NULL : wish->args;
	if (wish != NULL)
		wish->found = true;
	return wish != NULL ||
	       (wishes->all &&
		   (conf->file != NULL || strcmp(conf->name, "default") == 0));
}

static void
check_found(const struct wishes *wishes)
{
	autofree char *missing = NULL;

	for (size_t i = 0; i < wishes->count; i++) {
		autofree char *before = missing;
		autofree char *name = escape(wishes->list[i].name);

		missing = NULL;
		if (wishes->list[i].found)
			missing = take_ptr(&before);
		else
			missing =
			    xasprintf("%s%s%s", before == NULL ? "" : before,
				before == NULL ? "" : ", ", name);
	}
	if (missing != NULL)
		prog_diex("networks not found: %s", missing);
}

void
networks_read(struct networks *networks, struct wishes *wishes)
{
	const char *args;

	networks->count = 0;
	confs_read(&networks->confs, tell_override, wishes);
	for (size_t i = 0; i < networks->confs.count; i++) {
		const struct conf *conf = &networks->confs.conf[i];

		if (!is_wished(wishes, conf, &args))
			continue;
		if (networks->count == NETWORKS_MAX)
			prog_diex("more than %d networks", NETWORKS_MAX);
		read_network(conf, args, &networks->list[networks->count++]);
	}
	check_found(wishes);
}
