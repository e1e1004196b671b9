/* SPDX-License-Identifier: Apache-2.0 */
/* wish - which networks a pod is to have, by name */

#include <string.h>

#include "alloc.h"
#include "escape.h"
#include "prog.h"
#include "record.h"
#include "scope.h"
#include "wish.h"

/* Those that are no network's name stand alone, and without arguments. */
static bool
is_special(struct wishes *wishes, const char *name)
{
	bool *const flags[] = { &wishes->host, &wishes->none, &wishes->all };
	static const char *const names[] = { "host", "none", "all" };

	for (size_t i = 0; i < 3; i++) {
		if (strcmp(name, names[i]) == 0) {
			*flags[i] = true;
			return true;
		}
	}
	return false;
}

static void
add_wish(struct wishes *wishes, const char *text)
{
	const char *colon = strchr(text, ':');
	size_t length = colon == NULL ? strlen(text) : (size_t)(colon - text);
	autofree char *name = xasprintf("%.*s", (int)length, text);
	autofree char *shown = escape(name);

	if (wish_for(wishes, name) != NULL)
		prog_diex("found duplicate netname \"%s\"", shown);
	if (is_special(wishes, name)) {
		if (colon != NULL)
			prog_diex("arguments are not supported by special "
				  "netname \"%s\"",
			    shown);
		return;
	}
	if (wishes->count == NETWORKS_MAX)
		prog_diex("more than %d networks", NETWORKS_MAX);
	wishes->list[wishes->count].args =
	    colon == NULL ? NULL : xstrdup(colon + 1);
	wishes->list[wishes->count++].name = take_ptr(&name);
}

struct wish *
wish_for(struct wishes *wishes, const char *name)
{
	for (size_t i = 0; i < wishes->count; i++)
		if (strcmp(wishes->list[i].name, name) == 0)
			return &wishes->list[i];
	return NULL;
}

void
wishes_read(const struct pod *pod, const json_t *run, struct wishes *wishes)
{
	const json_t *net = record_get(run, "net");
	const char *users = record_string(run, "privateUsers");
	size_t count = json_array_size(net);

	*wishes = (struct wishes){
		.host = count == 0,
		.users_asked = users != NULL && strcmp(users, "true") == 0,
		.users = users == NULL || strcmp(users, "true") == 0,
	};
	if (net != NULL && !json_is_array(net))
		prog_diex(
		    "pod %s: run.json: net: not a list of names", pod->uuid);
	for (size_t i = 0; i < count; i++) {
		const json_t *name = json_array_get(net, i);

		if (!json_is_string(name))
			prog_diex("pod %s: run.json: net: not a list of names",
			    pod->uuid);
		add_wish(wishes, json_string_value(name));
	}
	if ((wishes->host || wishes->none) && count > 1)
		prog_diex("pod %s: networks \"host\" and \"none\" stand alone",
		    pod->uuid);
}
