/* SPDX-License-Identifier: Apache-2.0 */
/* resolver - the host's resolv.conf, as it is of use in a pod */

#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <string.h>

#include "alloc.h"
#include "path.h"
#include "resolver.h"
#include "scope.h"

enum { RESOLV_MAX = 64 * 1024 };

static char *
read_text(const char *path)
{
	autofd int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	return fd < 0 ? NULL : path_read_fd(fd, RESOLV_MAX, NULL);
}

/* The address in a line that names a server; NULL: it does not. */
static char *
server_in(const char *line, size_t length)
{
	static const char word[] = "nameserver";
	autofree char *copy = xstrndup(line, length);
	char *rest = NULL;
	const char *first = strtok_r(copy, " \t\r", &rest);
	const char *second = strtok_r(NULL, " \t\r", &rest);

	return first != NULL && second != NULL && strcmp(first, word) == 0
		   ? xstrdup(second)
		   : NULL;
}

/* The host's loopback, or an interface of the host: not in the pod. */
static bool
is_out_of_reach(const char *server)
{
	struct in6_addr address;

	return strncmp(server, "127.", 4) == 0 || strchr(server, '%') != NULL ||
	       (inet_pton(AF_INET6, server, &address) == 1 &&
		   IN6_IS_ADDR_LOOPBACK(&address));
}

/* What a walk along the lines finds. */
struct found {
	char *text; /* without the servers that are out of reach */
	char *servers;
	unsigned near, lost;
	bool stub;
};

static void
append(char **text, const char *line, size_t length)
{
	char *longer = xasprintf("%s%.*s\n", *text, (int)length, line);

	free(*text);
	*text = longer;
}

static void
walk(const char *text, struct found *found)
{
	*found = (struct found){ .text = xstrdup(""), .servers = xstrdup("") };
	while (*text != '\0') {
		size_t length = strcspn(text, "\n");
		autofree char *server = server_in(text, length);

		if (server != NULL && is_out_of_reach(server)) {
			found->lost++;
			found->stub |= strcmp(server, "127.0.0.53") == 0 ||
				       strcmp(server, "127.0.0.54") == 0;
		} else {
			append(&found->text, text, length);
			if (server != NULL) {
				found->near++;
				append(&found->servers, text, length);
			}
		}
		text += length + (text[length] == '\n');
	}
}

static void
found_free(struct found *found)
{
	free(found->text);
	free(found->servers);
}

char *
resolver_of_host(bool own_network)
{
	static const char uplinks[] = "/run/systemd/resolve/resolv.conf";
	autofree char *text = read_text("/etc/resolv.conf");
	struct found found;

	if (text == NULL || !own_network)
		return take_ptr(&text);
	walk(text, &found);
	if (found.near == 0 && found.stub) {
		autofree char *other = read_text(uplinks);

		if (other != NULL) {
			found_free(&found);
			walk(other, &found);
		}
	}
	if (found.near == 0 && found.lost > 0)
		warnx("warning: the host's name server is at its own loopback "
		      "address, where the pod cannot ask it: --dns=IP says "
		      "another");
	free(found.servers);
	return found.text;
}

char *
resolver_servers(const char *text)
{
	struct found found;
	char *servers;

	walk(text, &found);
	servers = found.servers;
	free(found.text);
	return servers;
}
