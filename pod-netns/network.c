/* SPDX-License-Identifier: Apache-2.0 */
/* network - what net.d says about a network */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "alloc.h"
#include "dirs.h"
#include "escape.h"
#include "network.h"
#include "path.h"
#include "prog.h"
#include "record.h"
#include "scope.h"

/* A conf file that is being read, for the messages. */
struct conf {
	const char *dir;
	const char *file;
};

static _Noreturn void
refuse(const struct conf *conf, const char *what)
{
	autofree char *shown_file = escape(conf->file);
	autofree char *shown = escape(what);

	prog_diex("%s/%s: %s", conf->dir, shown_file, shown);
}

/* Only what is done here: a member that is not would be lost in silence. */
static void
only(const struct conf *conf, json_t *object, const char *const names[])
{
	const char *member;
	json_t *value;

	json_object_foreach(object, member, value)
	{
		size_t i = 0;

		while (names[i] != NULL && strcmp(names[i], member) != 0)
			i++;
		if (names[i] == NULL) {
			autofree char *what =
			    xasprintf("%s: not in a network of type ptp or "
				      "veth that is built in",
				member);

			refuse(conf, what);
		}
	}
}

static void
read_subnet(const struct conf *conf, const char *member, const json_t *value,
    struct subnet *subnet)
{
	const char *text = json_string_value(value);

	if (text == NULL || subnet_parse(text, subnet) < 0) {
		autofree char *what = xasprintf(
		    "%s: not an IPv4 subnet such as 172.16.28.0/24", member);

		refuse(conf, what);
	}
}

static void
read_routes(
    const struct conf *conf, const json_t *routes, struct network *network)
{
	static const char *const members[] = { "dst", NULL };

	if (routes == NULL)
		return;
	if (!json_is_array(routes) || json_array_size(routes) > ROUTES_MAX)
		refuse(conf, "ipam.routes: not a list of at most 16");
	for (size_t i = 0; i < json_array_size(routes); i++) {
		json_t *route = json_array_get(routes, i);

		if (!json_is_object(route))
			refuse(conf, "ipam.routes: not a list of objects");
		only(conf, route, members);
		read_subnet(conf, "ipam.routes.dst",
		    json_object_get(route, "dst"),
		    &network->routes[network->route_count++]);
	}
}

static void
read_ipam(const struct conf *conf, json_t *ipam, struct network *network)
{
	static const char *const members[] = { "type", "subnet", "routes",
		NULL };
	const char *type = json_string_value(json_object_get(ipam, "type"));

	if (type == NULL || (strcmp(type, "host-local") != 0 &&
				strcmp(type, "host-local-ptp") != 0))
		refuse(conf, "ipam.type: neither host-local nor "
			     "host-local-ptp");
	only(conf, ipam, members);
	read_subnet(conf, "ipam.subnet", json_object_get(ipam, "subnet"),
	    &network->subnet);
	if (network->subnet.bits < BITS_MIN || network->subnet.bits > BITS_MAX)
		refuse(conf, "ipam.subnet: its prefix is not from 8 to 29");
	read_routes(conf, json_object_get(ipam, "routes"), network);
}

static void
read_network(const struct conf *conf, json_t *json, struct network *network)
{
	static const char *const members[] = { "cniVersion", "name", "type",
		"ipMasq", "mtu", "ipam", NULL };
	const char *type = json_string_value(json_object_get(json, "type"));
	const json_t *masquerade = json_object_get(json, "ipMasq");
	const json_t *mtu = json_object_get(json, "mtu");

	memset(network, 0, sizeof *network);
	network->name = "default";
	if (type == NULL ||
	    (strcmp(type, "ptp") != 0 && strcmp(type, "veth") != 0))
		refuse(conf, "type: neither ptp nor veth");
	only(conf, json, members);
	if (masquerade != NULL && !json_is_boolean(masquerade))
		refuse(conf, "ipMasq: not true or false");
	network->masquerade = json_is_true(masquerade);
	if (mtu != NULL &&
	    (!json_is_integer(mtu) || json_integer_value(mtu) < 68 ||
		json_integer_value(mtu) > 65535))
		refuse(conf, "mtu: not a number from 68 to 65535");
	network->mtu = (unsigned)json_integer_value(mtu);
	read_ipam(conf, json_object_get(json, "ipam"), network);
}

/* Reads the file if it is about the network called name: true. */
static bool
read_conf(
    const struct conf *conf, int dir, const char *name, struct network *network)
{
	size_t length = 0;
	autofree char *bytes = path_read(dir, conf->file, CONF_MAX, &length);
	autofree char *why = NULL;
	autojson json_t *json = NULL;
	const char *its;

	if (bytes == NULL)
		refuse(conf,
		    errno == EFBIG ? "longer than 64 KiB" : strerror(errno));
	json = json_parse(bytes, length, &why);
	if (json == NULL)
		refuse(conf, why);
	its = json_string_value(json_object_get(json, "name"));
	if (its == NULL)
		refuse(conf, "name: missing");
	else if (strcmp(its, name) != 0)
		return false;
	read_network(conf, json, network);
	return true;
}

static bool
is_conf(const char *name)
{
	size_t length = strlen(name);

	return *name != '.' && length > strlen(".conf") &&
	       strcmp(name + length - strlen(".conf"), ".conf") == 0;
}

/* Is the network in BASE/net.d?  Two of the name are one too many. */
static bool
find_in(const char *base, const char *name, struct network *network)
{
	autofree char *path = xasprintf("%s/net.d", base);
	autofree char *found = NULL;
	autodir DIR *entries = opendir(path);
	unsigned count = 0;

	if (entries == NULL && errno != ENOENT)
		prog_die("%s", path);
	if (entries == NULL)
		return false;
	for (struct dirent *e; (e = readdir(entries)) != NULL;) {
		const struct conf conf = { path, e->d_name };

		if (!is_conf(e->d_name))
			continue;
		if (++count > CONF_FILES_MAX)
			prog_diex("%s: more than %d conf files", path,
			    CONF_FILES_MAX);
		if (!read_conf(&conf, dirfd(entries), name, network))
			continue;
		if (found != NULL) {
			autofree char *what = xasprintf(
			    "network \"%s\" is in %s too", name, found);

			refuse(&conf, what);
		}
		found = xstrdup(e->d_name);
	}
	return found != NULL;
}

void
network_default(struct network *network)
{
	static const struct network built_in = {
		.name = "default",
		.subnet = { 0xac101c00, 24 }, /* 172.16.28.0 */
		.masquerade = true,
		.routes = { { 0, 0 } },
		.route_count = 1,
	};

	if (find_in(dirs_conf(), built_in.name, network) ||
	    find_in(dirs_system(), built_in.name, network))
		return;
	*network = built_in;
}
