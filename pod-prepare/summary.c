/* SPDX-License-Identifier: Apache-2.0 */
/* summary - what there is to say about a pod, read from its directory */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "escape.h"
#include "num.h"
#include "path.h"
#include "record.h"
#include "scope.h"
#include "summary.h"

enum { JSON_MAX = 1024 * 1024, STATUS_MAX = 8 };

/* The last change of a file in the pod's directory. */
static struct timespec
time_of(const struct pod *pod, const char *name)
{
	struct stat file;

	if (fstatat(pod->dir, name, &file, AT_SYMLINK_NOFOLLOW) < 0)
		return (struct timespec){ 0 };
	return file.st_mtim;
}

/* NULL if there is none, or none that can be read: then there is a line. */
static json_t *
read_json(const struct pod *pod, const char *name)
{
	size_t length = 0;
	autofree char *bytes = path_read(pod->dir, name, JSON_MAX, &length);
	autofree char *why = NULL;
	json_t *json = NULL;

	if (bytes != NULL)
		json = json_parse(bytes, length, &why);
	else if (errno != ENOENT)
		why = xstrdup(strerror(errno));
	/* One that is being prepared is being written. */
	if (why != NULL && pod->place >= POD_PREPARED)
		warnx("pod \"%s\": %s: %s", pod->uuid, name, why);
	return json;
}

/* What pod-init wrote when the app ended. */
static void
read_status(const struct pod *pod, struct summary_app *app)
{
	autofree char *path = xasprintf("status/%s", app->name);
	autofree char *text = path_read(pod->dir, path, STATUS_MAX, NULL);
	uint64_t status;

	if (text == NULL)
		return;
	text[strcspn(text, "\n")] = '\0';
	if (num_parse(text, 0, 255, &status) < 0)
		return;
	app->status = (int)status;
	app->finished = time_of(pod, path);
}

static void
read_apps(const struct pod *pod, bool statuses, struct summary *summary)
{
	const json_t *apps = json_object_get(summary->choices, "apps");

	summary->app_count = json_array_size(apps);
	summary->apps = xcalloc(summary->app_count, sizeof(*summary->apps));
	for (size_t i = 0; i < summary->app_count; i++) {
		const json_t *json = json_array_get(apps, i);
		struct summary_app *app = &summary->apps[i];

		app->name = record_string(json, "name");
		app->image = record_string(json, "image");
		app->version = record_string(json, "version");
		app->id = record_string(json, "id");
		app->status = -1;
		if (statuses && app->name != NULL && path_is_name(app->name))
			read_status(pod, app);
	}
}

static void
read_networks(const struct pod *pod, struct summary *summary)
{
	const json_t *nets = json_object_get(summary->choices, "net");
	const char *first = json_string_value(json_array_get(nets, 0));
	autojson json_t *net = NULL;

	if (first != NULL && strcmp(first, "host") == 0)
		return;
	net = read_json(pod, "net.json");
	nets = json_object_get(net, "networks");
	if (json_is_array(nets))
		summary->networks =
		    json_incref(json_object_get(net, "networks"));
}

/*
 * From run.json, which has what a list shows, and not from the manifest: that
 * is long, and reading it would cost more than all the rest.
 */
void
summary_read(const struct pod *pod, unsigned what, struct summary *summary)
{
	bool detail = (what & SUMMARY_DETAIL) != 0;
	autofd int process = -1;

	*summary =
	    (struct summary){ .place = pod->place, .state = pod_state(pod) };
	memcpy(summary->uuid, pod->uuid, UUID_SIZE);
	/* The lock is written to when the pod has ended. */
	summary->created = time_of(pod, "pod");
	if (summary->created.tv_sec == 0)
		summary->created = time_of(pod, "lock");
	summary->choices = read_json(pod, "run.json");
	if (pod->place >= POD_RUN) {
		summary->started = time_of(pod, "pid");
		read_networks(pod, summary);
	}
	if (detail && summary->state == POD_IS_RUNNING)
		process = pod_pid_open(pod, &summary->pid);
	if (process < 0)
		summary->pid = 0;
	if ((what & SUMMARY_MANIFEST) != 0)
		summary->manifest = read_json(pod, "pod");
	read_apps(pod, detail && summary->started.tv_sec != 0, summary);
}

void
summary_free(struct summary *summary)
{
	free(summary->apps);
	json_decref(summary->choices);
	json_decref(summary->manifest);
	json_decref(summary->networks);
	*summary = (struct summary){ 0 };
}

static json_t *
app_record(const struct summary_app *app)
{
	json_t *json = json_pack("{s:s*, s:s*, s:s*, s:s*}", "name", app->name,
	    "image", app->image, "version", app->version, "id", app->id);

	if (app->status >= 0)
		(void)json_object_set_new(
		    json, "status", json_integer(app->status));
	return json;
}

static void
add_number(json_t *json, const char *name, long long number)
{
	if (number != 0)
		(void)json_object_set_new(json, name, json_integer(number));
}

json_t *
summary_record(const struct summary *summary)
{
	json_t *apps = json_array();
	json_t *networks = summary->networks == NULL
			       ? json_array()
			       : json_incref(summary->networks);
	json_t *pod = json_pack("{s:s, s:s, s:o, s:o}", "uuid", summary->uuid,
	    "state", pod_state_name(summary->state), "apps", apps, "networks",
	    networks);

	for (size_t i = 0; i < summary->app_count; i++)
		(void)json_array_append_new(
		    apps, app_record(&summary->apps[i]));
	if (record_string(summary->choices, "name") != NULL)
		(void)json_object_set(
		    pod, "name", json_object_get(summary->choices, "name"));
	add_number(pod, "created", summary->created.tv_sec);
	add_number(pod, "started", summary->started.tv_sec);
	add_number(pod, "pid", summary->pid);
	return json_pack("{s:i, s:o}", "v", 1, "pod", pod);
}

char *
summary_networks(const struct summary *summary, bool both)
{
	char *text = xstrdup("");

	for (size_t i = 0; i < json_array_size(summary->networks); i++) {
		const json_t *net = json_array_get(summary->networks, i);
		const char *ip4 = record_string(net, "ip4");
		const char *ip6 =
		    both || ip4 == NULL ? record_string(net, "ip6") : NULL;
		autofree char *name = escape(record_string(net, "name"));
		autofree char *first = escape(ip4 == NULL ? "" : ip4);
		autofree char *second = escape(ip6 == NULL ? "" : ip6);
		autofree char *shorter = text;

		text = xasprintf("%s%s%s%s%s%s%s", shorter, i > 0 ? ", " : "",
		    name, ip4 == NULL ? "" : ":ip4=", first,
		    ip6 == NULL   ? ""
		    : ip4 == NULL ? ":ip6="
				  : ",ip6=",
		    second);
	}
	return text;
}
