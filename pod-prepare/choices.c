/* SPDX-License-Identifier: Apache-2.0 */
/* choices - network, names and terminal: what rkt adds to a pod manifest */

#include <string.h>

#include "actype.h"
#include "alloc.h"
#include "choices.h"
#include "escape.h"
#include "filter.h"
#include "ports.h"
#include "prog.h"
#include "scope.h"

void
choices_check(const struct args *args, const struct pod_manifest *pod)
{
	ports_check(pod);
	if (args->interactive && pod->app_count > 1)
		filter_failx(
		    EX_USAGE, "interactive option only supports one image");
}

static json_t *
list(const struct strings *strings)
{
	json_t *array = json_array();

	for (size_t i = 0; i < strings->count; i++)
		(void)json_array_append_new(
		    array, json_string(strings->list[i]));
	return array;
}

/* Adds a member that was asked for; the others are not in the file. */
static void
add(json_t *json, const char *name, bool wanted, json_t *value)
{
	if (wanted)
		(void)json_object_set(json, name, value);
	json_decref(value);
}

static void
add_text(json_t *json, const char *name, const char *text)
{
	if (text != NULL)
		(void)json_object_set_new(json, name, json_string(text));
}

static json_t *
app_list(const struct args *args, const struct pod_manifest *pod)
{
	json_t *array = json_array();

	for (size_t i = 0; i < pod->app_count; i++) {
		const struct pod_app *app = &pod->apps[i];
		json_t *json = json_pack("{s:s, s:s, s:s*, s:s}", "name",
		    app->name, "image", app->image_name, "version",
		    labels_get(&app->image_labels, "version"), "id",
		    app->image_id);

		if (args->image_count > 0) {
			add_text(json, "stdin", args->images[i].in);
			add_text(json, "stdout", args->images[i].out);
			add_text(json, "stderr", args->images[i].error);
		}
		(void)json_array_append_new(array, json);
	}
	return array;
}

/* What may be said again when the pod is to run: it replaces what was said. */
static void
add_late(json_t *json, const struct args *args)
{
	int64_t milli;

	add(json, "net", args->nets.count > 0, list(&args->nets));
	add_text(json, "hostname", args->hostname);
	add_text(json, "ipc", args->ipc);
	add_text(json, "log", args->log);
	if (args->log_size != NULL &&
	    quantity_parse(args->log_size, &milli) == 0)
		add(json, "logSize", true, json_integer(milli / 1000));
	add(json, "mdsRegister", args->mds_register, json_true());
	add(json, "dns", args->dns.count > 0, list(&args->dns));
	add(json, "dnsSearch", args->dns_search.count > 0,
	    list(&args->dns_search));
	add(json, "dnsOptions", args->dns_options.count > 0,
	    list(&args->dns_options));
	add_text(json, "dnsDomain", args->dns_domain);
	add(json, "hosts", args->hosts_entries.count > 0,
	    list(&args->hosts_entries));
}

json_t *
choices_json(
    const struct args *args, const struct pod_manifest *pod, const char *uuid)
{
	autofree char *own_name = xasprintf("rkt-%s", uuid);
	json_t *json = json_pack("{s:o, s:[s], s:b, s:b, s:s}", "apps",
	    app_list(args, pod), "net", "host", "interactive",
	    args->interactive, "detach", args->detach, "hostname", own_name);

	add_text(json, "name", args->name);
	add_text(json, "privateUsers", args->private_users);
	add(json, "noOverlay", args->no_overlay, json_true());
	add(json, "ports", pod->port_count > 0, ports_json(pod));
	add_late(json, args);
	return json;
}

void
choices_change(json_t *json, const struct args *args)
{
	add(json, "interactive", args->interactive, json_true());
	add(json, "detach", args->detach, json_true());
	add_late(json, args);
}
