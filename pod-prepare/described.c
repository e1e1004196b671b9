/* SPDX-License-Identifier: Apache-2.0 */
/* described - a pod as rkt list --format=json has it */

#include <string.h>

#include "alloc.h"
#include "described.h"
#include "dirs.h"
#include "record.h"
#include "scope.h"

static void
add_text(json_t *json, const char *name, const char *text)
{
	if (text != NULL)
		(void)json_object_set_new(json, name, json_string(text));
}

/* Pods count seconds, apps nanoseconds, as rkt's do. */
static void
add_seconds(json_t *json, const char *name, struct timespec when)
{
	if (when.tv_sec != 0)
		(void)json_object_set_new(
		    json, name, json_integer(when.tv_sec));
}

static void
add_nanoseconds(json_t *json, const char *name, struct timespec when)
{
	json_int_t whole;

	if (when.tv_sec != 0 &&
	    !__builtin_mul_overflow(when.tv_sec, 1000000000, &whole))
		(void)json_object_set_new(
		    json, name, json_integer(whole + when.tv_nsec));
}

/* A member of the manifest that has another name here. */
static void
add_object(
    json_t *json, const char *name, const json_t *from, const char *member)
{
	json_t *object = json_object_get(from, member);

	if (json_object_size(object) > 0)
		(void)json_object_set(json, name, object);
}

/* Its entry in the manifest, which has the same names. */
static const json_t *
find(const json_t *list, const char *name)
{
	for (size_t i = 0; name != NULL && i < json_array_size(list); i++) {
		const json_t *entry = json_array_get(list, i);
		const char *its = record_string(entry, "name");

		if (its != NULL && strcmp(its, name) == 0)
			return entry;
	}
	return NULL;
}

static json_t *
mount_of(const struct summary *pod, const json_t *mount)
{
	const char *name = record_string(mount, "volume");
	const json_t *volume = json_object_get(mount, "appVolume");
	const char *source;
	autofree char *own = NULL;

	if (volume == NULL)
		volume = find(json_object_get(pod->manifest, "volumes"), name);
	source = record_string(volume, "source");
	if (source == NULL && name != NULL)
		source = own = xasprintf("%s/pods/%s/%s/volumes/%s",
		    dirs_data(), pod_place_name(pod->place), pod->uuid, name);
	return json_pack("{s:s*, s:s*, s:s*, s:b}", "name", name,
	    "container_path", record_string(mount, "path"), "host_path", source,
	    "read_only", json_is_true(json_object_get(volume, "readOnly")));
}

static json_t *
mounts_of(const struct summary *pod, const json_t *entry)
{
	const json_t *mounts = json_object_get(entry, "mounts");
	json_t *list = json_array();

	for (size_t i = 0; i < json_array_size(mounts); i++)
		(void)json_array_append_new(
		    list, mount_of(pod, json_array_get(mounts, i)));
	return list;
}

static const char *
app_state(const struct summary *pod, const struct summary_app *app)
{
	if (app->status >= 0)
		return "exited";
	if (pod->state == POD_IS_RUNNING)
		return "running";
	return pod->started.tv_sec == 0 ? "created" : "unknown";
}

static json_t *
app_described(const struct summary *pod, const struct summary_app *app)
{
	const json_t *entry =
	    find(json_object_get(pod->manifest, "apps"), app->name);
	json_t *json = json_pack("{s:s*, s:s, s:s*}", "name", app->name,
	    "state", app_state(pod, app), "image_id", app->id);
	json_t *mounts = mounts_of(pod, entry);

	add_nanoseconds(json, "created_at", pod->created);
	add_nanoseconds(json, "started_at", pod->started);
	add_nanoseconds(json, "finished_at", app->finished);
	if (app->status >= 0)
		(void)json_object_set_new(
		    json, "exit_code", json_integer(app->status));
	if (json_array_size(mounts) > 0)
		(void)json_object_set(json, "mounts", mounts);
	json_decref(mounts);
	add_object(json, "user_annotations", json_object_get(entry, "app"),
	    "userAnnotations");
	add_object(
	    json, "user_labels", json_object_get(entry, "app"), "userLabels");
	return json;
}

static void
add_networks(json_t *json, const json_t *networks)
{
	json_t *list = json_array();

	for (size_t i = 0; i < json_array_size(networks); i++) {
		const json_t *net = json_array_get(networks, i);

		(void)json_array_append_new(
		    list, json_pack("{s:s*, s:s*, s:s*, s:s*}", "netName",
			      record_string(net, "name"), "ifName",
			      record_string(net, "ifName"), "ip",
			      record_string(net, "ip4"), "ip6",
			      record_string(net, "ip6")));
	}
	if (json_array_size(list) > 0)
		(void)json_object_set(json, "networks", list);
	json_decref(list);
}

/* Of the host, which lead to the pod. */
static void
add_ports(json_t *json, const json_t *ports)
{
	json_t *list = json_array();

	for (size_t i = 0; i < json_array_size(ports); i++) {
		const json_t *port = json_array_get(ports, i);

		(void)json_array_append_new(
		    list, json_pack("{s:s*, s:s*, s:O*, s:O*, s:O*, s:s*}",
			      "name", record_string(port, "name"), "protocol",
			      record_string(port, "protocol"), "port",
			      json_object_get(port, "port"), "count",
			      json_object_get(port, "count"), "host_port",
			      json_object_get(port, "hostPort"), "host_ip",
			      record_string(port, "hostIP")));
	}
	if (json_array_size(list) > 0)
		(void)json_object_set(json, "ports", list);
	json_decref(list);
}

json_t *
described(const struct summary *pod)
{
	json_t *names = json_array(), *apps = json_array();
	json_t *json = json_pack("{s:s, s:s}", "name", pod->uuid, "state",
	    pod_state_name(pod->state));

	add_text(json, "pod_name", record_string(pod->choices, "name"));
	add_networks(json, pod->networks);
	add_ports(json, json_object_get(pod->choices, "ports"));
	for (size_t i = 0; i < pod->app_count; i++) {
		const struct summary_app *app = &pod->apps[i];

		(void)json_array_append_new(names,
		    app->name == NULL ? json_null() : json_string(app->name));
		(void)json_array_append_new(apps, app_described(pod, app));
	}
	if (pod->app_count > 0) {
		(void)json_object_set(json, "app_names", names);
		(void)json_object_set(json, "apps", apps);
	}
	json_decref(names);
	json_decref(apps);
	add_seconds(json, "created_at", pod->created);
	add_seconds(json, "started_at", pod->started);
	add_object(json, "user_annotations", pod->manifest, "userAnnotations");
	add_object(json, "user_labels", pod->manifest, "userLabels");
	return json;
}
