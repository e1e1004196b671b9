/* SPDX-License-Identifier: Apache-2.0 */
/* exposed - the ports and volumes that an image's configuration lists */

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "actype.h"
#include "alloc.h"
#include "exposed.h"
#include "num.h"
#include "schema.h"
#include "scope.h"

enum {
	VOLUMES_MAX = 256,
	PORTS_APART = 64, /* if there are more, neighbours become one range */
	PORT_MAX = 65535,
	NAME_MAX_LENGTH = 255,
};

/* A member that is an object if it is there. */
static int
keys_of(const struct spot *object, const char *name, struct spot *map)
{
	if (spot_member(object, name, map) < 0)
		return -1;
	return map->json == NULL ? 0 : spot_object(map);
}

/* PORT[-PORT][/PROTOCOL] */
static const char *
port_parse(const char *text, struct port *port)
{
	size_t numbers = strcspn(text, "/");
	autofree char *first = xstrndup(text, numbers);
	const char *protocol =
	    text[numbers] == '\0' ? "tcp" : text + numbers + 1;
	char *last = strchr(first, '-');
	uint64_t from = 0, to = 0;

	if (last != NULL)
		*last++ = '\0';
	if (num_parse(first, 1, PORT_MAX, &from) < 0 ||
	    num_parse(last == NULL ? first : last, from, PORT_MAX, &to) < 0)
		return "is not PORT[-PORT][/PROTOCOL]";
	if (strcasecmp(protocol, "tcp") != 0 &&
	    strcasecmp(protocol, "udp") != 0 &&
	    strcasecmp(protocol, "sctp") != 0)
		return "has a protocol other than tcp, udp and sctp";
	port->port = (uint16_t)from;
	port->count = (uint16_t)(to - from + 1);
	port->protocol = xstrdup(protocol);
	for (char *p = port->protocol; *p != '\0'; p++)
		*p |= 0x20;
	return NULL;
}

static int
compare_ports(const void *a, const void *b)
{
	const struct port *one = a, *two = b;
	int protocol = strcmp(one->protocol, two->protocol);

	if (protocol != 0)
		return protocol;
	if (one->port != two->port)
		return one->port < two->port ? -1 : 1;
	return one->count < two->count ? -1 : one->count > two->count;
}

/* Does the second add nothing, or only what is next to the first? */
static bool
can_join(const struct port *one, const struct port *two, bool neighbours)
{
	if (strcmp(one->protocol, two->protocol) != 0)
		return false;
	return (one->port == two->port && one->count == two->count) ||
	       (neighbours && two->port <= one->port + one->count);
}

static void
join(struct port *one, const struct port *two)
{
	int end = two->port + two->count;

	if (end > one->port + one->count)
		one->count = (uint16_t)(end - one->port);
}

/*
 * Each only once: "80" and "80/tcp" are one.  docker build writes a range as
 * all its ports, which may be thousands.
 */
static void
join_ports(struct app *app)
{
	bool neighbours = app->port_count > PORTS_APART;
	size_t kept = 0;

	for (size_t i = 0; i < app->port_count; i++) {
		struct port *port = &app->ports[i];

		if (kept > 0 &&
		    can_join(&app->ports[kept - 1], port, neighbours)) {
			join(&app->ports[kept - 1], port);
			port_free(port);
		} else {
			app->ports[kept++] = *port;
		}
	}
	app->port_count = kept;
}

static void
name_port(struct port *port)
{
	port->name = port->count == 1
			 ? xasprintf("%d-%s", port->port, port->protocol)
			 : xasprintf("%d-%d-%s", port->port,
			       port->port + port->count - 1, port->protocol);
}

int
exposed_ports(const struct spot *object, struct app *app)
{
	struct spot map;
	const char *key;
	json_t *value;

	if (keys_of(object, "ExposedPorts", &map) < 0)
		return -1;
	app->ports =
	    xcalloc(json_object_size(map.json) + 1, sizeof *app->ports);
	json_object_foreach(spot_json(&map), key, value)
	{
		const char *wrong =
		    port_parse(key, &app->ports[app->port_count]);

		if (wrong != NULL)
			return spot_bad(&map, key, wrong);
		app->port_count++;
	}
	qsort(app->ports, app->port_count, sizeof *app->ports, compare_ports);
	join_ports(app);
	for (size_t i = 0; i < app->port_count; i++)
		name_port(&app->ports[i]);
	return 0;
}

/* The path without what changes nothing: "//", "/./", "/" at its end. */
static char *
plain_path(const char *path)
{
	char *plain = xcalloc(strlen(path) + 2, 1);
	size_t length = 0;

	while (*path != '\0') {
		size_t word = strcspn(path, "/");

		if (word > 0 && !(word == 1 && *path == '.')) {
			plain[length++] = '/';
			memcpy(plain + length, path, word);
			length += word;
		}
		path += word + (path[word] == '/');
	}
	return plain;
}

static const char *
volume_check(const char *path)
{
	const char *wrong = path_check(path);

	if (wrong != NULL)
		return wrong;
	for (const char *p = path; (p = strstr(p, "/..")) != NULL; p++)
		if (p[3] == '/' || p[3] == '\0')
			return "has \"..\" in it";
	/* Of slashes and single dots alone. */
	return path[strspn(path, "/.")] == '\0' && strstr(path, "..") == NULL
		   ? "is the root directory"
		   : NULL;
}

static int
compare_points(const void *a, const void *b)
{
	const struct mount_point *one = a, *two = b;

	return strcmp(one->path, two->path);
}

static bool
is_taken(const struct app *app, const char *name)
{
	for (size_t i = 0; i < app->mount_point_count; i++)
		if (strcmp(app->mount_points[i].name, name) == 0)
			return true;
	return false;
}

/* "volume" and the path; with a number behind it if that is taken. */
static char *
volume_name(const struct app *app, const char *path)
{
	autofree char *text = xasprintf("volume%s", path);
	autofree char *base = acname_sanitise(text);
	char *name = xstrdup(base);

	for (int n = 2; is_taken(app, name); n++) {
		size_t room = NAME_MAX_LENGTH - strlen("-1024");

		free(name);
		name = xasprintf("%.*s-%d", (int)room, base, n);
	}
	return name;
}

/* Sorted by their paths, and each only once. */
static void
name_volumes(struct app *app)
{
	size_t count = app->mount_point_count;

	app->mount_point_count = 0;
	qsort(app->mount_points, count, sizeof *app->mount_points,
	    compare_points);
	for (size_t i = 0; i < count; i++) {
		struct mount_point point = app->mount_points[i];
		size_t kept = app->mount_point_count;

		if (kept > 0 &&
		    compare_points(&app->mount_points[kept - 1], &point) == 0) {
			free(point.path);
			continue;
		}
		point.name = volume_name(app, point.path);
		app->mount_points[app->mount_point_count++] = point;
	}
}

int
exposed_volumes(const struct spot *object, struct app *app)
{
	struct spot map;
	const char *key;
	json_t *value;

	if (keys_of(object, "Volumes", &map) < 0)
		return -1;
	if (json_object_size(map.json) > VOLUMES_MAX)
		return spot_fail(
		    &map, "has more than %d elements", VOLUMES_MAX);
	app->mount_points =
	    xcalloc(json_object_size(map.json) + 1, sizeof *app->mount_points);
	json_object_foreach(spot_json(&map), key, value)
	{
		const char *wrong = volume_check(key);

		if (wrong != NULL)
			return spot_bad(&map, key, wrong);
		app->mount_points[app->mount_point_count++].path =
		    plain_path(key);
	}
	name_volumes(app);
	return 0;
}
