/* SPDX-License-Identifier: Apache-2.0 */
/* cni - networks that the plugins of the host make and unmake */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "cni.h"
#include "dirs.h"
#include "escape.h"
#include "num.h"
#include "path.h"
#include "plugin.h"
#include "record.h"
#include "scope.h"

/* How long a plugin may take, in seconds, unless RKT_CNI_TIMEOUT says. */
enum { PATIENCE = 30, PATIENCE_MAX = 3600 };

static const char *const places[] = { "/opt/cni/bin", "/usr/lib/cni" };
enum { PLACES = sizeof places / sizeof *places };

/* From this version on, a plugin is told what was made when it is to undo. */
static bool
wants_result(const char *version)
{
	return strncmp(version, "0.1.", 4) != 0 &&
	       strncmp(version, "0.2.", 4) != 0 &&
	       strncmp(version, "0.3.", 4) != 0;
}

char *
cni_find(const char *type)
{
	autofree char *path = NULL;

	if (!path_is_name(type)) {
		errno = EINVAL;
		return NULL;
	}
	path = xasprintf("%s/plugins/net/%s", dirs_system(), type);
	for (size_t i = 0; faccessat(AT_FDCWD, path, X_OK, 0) < 0; i++) {
		free(path);
		path = NULL;
		if (i == PLACES) {
			errno = ENOENT;
			return NULL;
		}
		path = xasprintf("%s/%s", places[i], type);
	}
	return take_ptr(&path);
}

static unsigned
patience(void)
{
	const char *text = getenv("RKT_CNI_TIMEOUT");
	uint64_t seconds = PATIENCE;

	if (text != NULL && num_parse(text, 1, PATIENCE_MAX, &seconds) < 0)
		seconds = PATIENCE;
	return (unsigned)seconds;
}

/* What it says is wrong, in its own words if it has any. */
static char *
complaint(int status, const struct plugin_answer *answer)
{
	autofree char *ignored = NULL;
	autojson json_t *json =
	    json_parse(answer->output, answer->length, &ignored);
	const char *said = record_string(json, "msg");
	const char *details = record_string(json, "details");

	if (said == NULL || *said == '\0')
		said = answer->errors;
	if (details == NULL)
		details = "";
	if (*said == '\0')
		return xasprintf("exit status %d", status);
	return xasprintf("%.*s%s%.*s", PLUGIN_ERRORS_MAX, said,
	    *details == '\0' ? "" : ": ", PLUGIN_ERRORS_MAX, details);
}

/* One plugin: 0 with its answer, or -1 and *why. */
static int
ask(const char *command, json_t *conf, const struct cni *cni,
    struct plugin_answer *answer, char **why)
{
	const char *type = record_string(conf, "type");
	autofree char *path = type == NULL ? NULL : cni_find(type);
	autofree char *text = json_dumps(conf, JSON_COMPACT);
	autofree char *said = NULL;
	char *variables[] = {
		xstrdup("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:"
			"/usr/bin:/sbin:/bin"),
		xasprintf("CNI_COMMAND=%s", command),
		xasprintf("CNI_CONTAINERID=%s", cni->container),
		xasprintf("CNI_NETNS=%s", cni->netns),
		xasprintf("CNI_IFNAME=%s", cni->interface),
		xasprintf("CNI_PATH=%s/plugins/net:%s:%s", dirs_system(),
		    places[0], places[1]),
		cni->args == NULL ? NULL : xasprintf("CNI_ARGS=%s", cni->args),
		NULL,
	};
	int status = -1;

	if (path == NULL)
		said = xstrdup("no such plugin");
	else
		status = plugin_run(path, variables, text, strlen(text),
		    patience(), answer, &said);
	for (size_t i = 0; variables[i] != NULL; i++)
		free(variables[i]);
	if (status > 0)
		said = complaint(status, answer);
	if (status == 0)
		return 0;
	*why = xasprintf(
	    "plugin %s: %s: %s", type == NULL ? "" : type, command, said);
	return -1;
}

static void
forget(struct plugin_answer *answer)
{
	free(answer->output);
	free(answer->errors);
}

static const char *
version_of(const json_t *list)
{
	const char *version = record_string(list, "cniVersion");

	return version == NULL ? "0.1.0" : version;
}

/* A plugin's part of the list, with what the list says for all. */
static json_t *
part_of(const json_t *list, size_t i, const json_t *result)
{
	const json_t *plugins = json_object_get(list, "plugins");
	json_t *conf = json_deep_copy(json_array_get(plugins, i));

	(void)json_object_set_new(
	    conf, "cniVersion", json_string(version_of(list)));
	(void)json_object_set(conf, "name", json_object_get(list, "name"));
	if (result != NULL)
		(void)json_object_set_new(
		    conf, "prevResult", json_deep_copy(result));
	return conf;
}

/* Every address in a result is one, of whatever version it is. */
static bool
is_result(const json_t *result)
{
	static const char *const old[] = { "ip4", "ip6" };
	const json_t *ips = json_object_get(result, "ips");
	struct subnet address, gateway;

	if (!json_is_object(result) || (ips != NULL && !json_is_array(ips)))
		return false;
	for (size_t i = 0; i < json_array_size(ips); i++) {
		autojson json_t *one =
		    json_pack("{s:[O]}", "ips", json_array_get(ips, i));

		if (!cni_address(one, AF_INET, &address, &gateway) &&
		    !cni_address(one, AF_INET6, &address, &gateway))
			return false;
	}
	for (size_t i = 0; i < 2; i++)
		if (json_object_get(result, old[i]) != NULL &&
		    !cni_address(result, i == 0 ? AF_INET : AF_INET6, &address,
			&gateway))
			return false;
	return true;
}

static int
add_one(json_t *conf, const struct cni *cni, json_t **result, char **why)
{
	struct plugin_answer answer = { 0 };
	autofree char *wrong = NULL;
	int status = ask("ADD", conf, cni, &answer, why);
	json_t *said = NULL;

	if (status == 0) {
		said = json_parse(answer.output, answer.length, &wrong);
		if (said == NULL || !is_result(said)) {
			*why = xasprintf("plugin %s: ADD: its answer is no "
					 "result%s%s",
			    record_string(conf, "type"),
			    said == NULL ? ": " : "",
			    said == NULL ? wrong : "");
			json_decref(said);
			status = -1;
		}
	}
	forget(&answer);
	if (status < 0)
		return -1;
	json_decref(*result);
	*result = said;
	return 0;
}

int
cni_add(const json_t *list, const struct cni *cni, json_t **result, char **why)
{
	size_t count = json_array_size(json_object_get(list, "plugins"));

	*result = NULL;
	for (size_t i = 0; i < count; i++) {
		autojson json_t *conf = part_of(list, i, *result);

		if (add_one(conf, cni, result, why) < 0) {
			json_decref(*result);
			*result = NULL;
			return -1;
		}
	}
	return 0;
}

int
cni_delete(
    const json_t *list, const struct cni *cni, const json_t *result, char **why)
{
	size_t count = json_array_size(json_object_get(list, "plugins"));
	int status = 0;

	if (!wants_result(version_of(list)))
		result = NULL;
	for (size_t i = count; i-- > 0;) {
		autojson json_t *conf = part_of(list, i, result);
		struct plugin_answer answer = { 0 };
		autofree char *said = NULL;

		if (ask("DEL", conf, cni, &answer, &said) < 0 && status == 0) {
			status = -1;
			*why = take_ptr(&said);
		}
		forget(&answer);
	}
	return status;
}

/* "10.1.0.2/16", whatever of it is beyond the prefix. */
static bool
read_address(const char *text, int family, struct subnet *address)
{
	autofree char *copy = text == NULL ? NULL : xstrdup(text);
	struct subnet parsed;

	if (copy == NULL)
		return false;
	copy[strcspn(copy, "/")] = '\0';
	if (address_parse(copy, &parsed) < 0 || parsed.family != family)
		return false;
	*address = parsed;
	return true;
}

bool
cni_address(const json_t *result, int family, struct subnet *address,
    struct subnet *gateway)
{
	const json_t *ips = json_object_get(result, "ips");
	const char *old = family == AF_INET6 ? "ip6.ip" : "ip4.ip";
	const char *by = family == AF_INET6 ? "ip6.gateway" : "ip4.gateway";
	bool found = read_address(record_string(result, old), family, address);

	*gateway = (struct subnet){ 0 };
	if (found)
		(void)read_address(record_string(result, by), family, gateway);
	for (size_t i = 0; !found && i < json_array_size(ips); i++) {
		const json_t *ip = json_array_get(ips, i);

		found =
		    read_address(record_string(ip, "address"), family, address);
		if (found)
			(void)read_address(
			    record_string(ip, "gateway"), family, gateway);
	}
	return found;
}
