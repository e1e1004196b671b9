/* SPDX-License-Identifier: Apache-2.0 */
/* manifest-pod - the manifest of a pod, as a template or ready to run */

#include <string.h>

#include "actype.h"
#include "alloc.h"
#include "record.h"
#include "schema.h"
#include "scope.h"

static const char *
target_check(const char *text)
{
	return *text == '/' ? path_check(text) : acname_check(text);
}

/* {"volume":…,"path":…}; up to version 0.6 "mountPoint" with its name. */
static int
mount_read(const struct spot *spot, void *element)
{
	struct pod_mount *mount = element;
	struct spot path, old;
	bool is_old;

	if (spot_checked(spot, "volume", acname_check, &mount->volume) < 0 ||
	    spot_member(spot, "path", &path) < 0 ||
	    spot_member(spot, "mountPoint", &old) < 0)
		return -1;
	is_old = path.json == NULL && old.json != NULL;
	return spot_checked(spot, is_old ? "mountPoint" : "path",
	    is_old ? acname_check : target_check, &mount->path);
}

/* Two mounts at one place would hide each other. */
static int
mounts_read(const struct spot *object, struct pod_app *app)
{
	static const struct spot_kind kind = { sizeof(struct pod_mount), false,
		mount_read };
	struct spot list;

	if (spot_each(
		object, "mounts", &kind, &app->mounts, &app->mount_count) < 0 ||
	    spot_list(object, "mounts", &list) < 0)
		return -1;
	for (size_t i = 0; i < app->mount_count; i++)
		for (size_t j = 0; j < i; j++) {
			struct spot at = spot_element(&list, i);

			if (strcmp(app->mounts[i].path, app->mounts[j].path) ==
			    0)
				return spot_bad(
				    &at, app->mounts[i].path, "is there twice");
		}
	return 0;
}

/* {"name":…,"id":…,"labels":[…]}: at least one of name and id. */
static int
pod_image_read(const struct spot *spot, struct pod_app *app)
{
	if (spot_object(spot) < 0 ||
	    spot_may_checked(spot, "id", imageid_check, &app->image_id) < 0 ||
	    spot_may_checked(
		spot, "name", acidentifier_check, &app->image_name) < 0 ||
	    schema_image_labels(spot, &app->image_labels) < 0)
		return -1;
	if (app->image_id == NULL && app->image_name == NULL)
		return spot_fail(spot, "has neither an id nor a name");
	return 0;
}

/*
 * Up to version 0.4: {"app":IMAGE NAME,"imageID":…}, often without a name,
 * which is then made of the image's.
 */
static int
pod_app_old(const struct spot *spot, struct pod_app *app)
{
	struct spot isolators, name;
	const char *slash;

	if (spot_checked(spot, "app", acidentifier_check, &app->image_name) <
		0 ||
	    spot_may_checked(spot, "imageID", imageid_check, &app->image_id) <
		0 ||
	    spot_may_checked(spot, "name", acname_check, &app->name) < 0 ||
	    spot_member(spot, "name", &name) < 0 ||
	    spot_list(spot, "isolators", &isolators) < 0)
		return -1;
	if (spot_count(&isolators) > 0)
		return spot_fail(
		    &isolators, "can only be in the image or in an app object");
	if (app->name != NULL)
		return 0;
	slash = strrchr(app->image_name, '/');
	app->name =
	    acname_sanitise(slash != NULL ? slash + 1 : app->image_name);
	return app->name != NULL ? 0 : spot_fail(&name, "is missing");
}

static int
pod_app_read(const struct spot *spot, void *element)
{
	struct pod_app *app = element;
	struct spot at, image;
	int read_only = false;

	if (spot_member(spot, "app", &at) < 0 ||
	    spot_member(spot, "image", &image) < 0)
		return -1;
	if (json_is_string(at.json) && image.json == NULL) {
		if (pod_app_old(spot, app) < 0)
			return -1;
	} else if (spot_checked(spot, "name", acname_check, &app->name) < 0 ||
		   pod_image_read(&image, app) < 0) {
		return -1;
	} else if (at.json != NULL) {
		app->app = xcalloc(1, sizeof *app->app);
		if (schema_app(&at, app->app) < 0)
			return -1;
	}
	if (spot_flag(spot, "readOnlyRootFS", &read_only) < 0 ||
	    mounts_read(spot, app) < 0)
		return -1;
	app->read_only_root = read_only;
	return schema_annotations(spot, &app->annotations);
}

static int
pod_port_read(const struct spot *spot, void *element)
{
	struct pod_port *port = element;
	struct spot at, inner;
	int64_t number = 0;

	if (spot_checked(spot, "name", acname_check, &port->name) < 0 ||
	    spot_may_checked(spot, "hostIP", address_check, &port->host_ip) <
		0 ||
	    spot_number(spot, "hostPort", 1, UINT16_MAX, &number) < 0 ||
	    spot_member(spot, "hostPort", &at) < 0 ||
	    spot_member(spot, "podPort", &inner) < 0)
		return -1;
	if (number == 0)
		return spot_fail(&at, "is missing");
	port->host_port = (uint16_t)number;
	if (inner.json == NULL)
		return 0;
	port->pod_port = xcalloc(1, sizeof *port->pod_port);
	return spot_object(&inner) < 0 ? -1
				       : schema_port(&inner, port->pod_port);
}

static const struct volume *
volume_find(const struct pod_manifest *pod, const char *name)
{
	for (size_t i = 0; i < pod->volume_count; i++)
		if (strcmp(pod->volumes[i].name, name) == 0)
			return &pod->volumes[i];
	return NULL;
}

/* A mount's "appVolume" is a volume like the pod's, for this app alone. */
static int
app_volume_read(
    const struct spot *mount, struct pod_manifest *pod, const char *name)
{
	struct spot at;
	struct volume *volume;

	if (spot_member(mount, "appVolume", &at) < 0)
		return -1;
	if (at.json == NULL)
		return 0;
	pod->volumes = xreallocarray(
	    pod->volumes, pod->volume_count + 1, sizeof *pod->volumes);
	volume = &pod->volumes[pod->volume_count];
	*volume = (struct volume){ 0 };
	if (spot_object(&at) < 0 || schema_volume(&at, volume) < 0) {
		volume_free(volume);
		return -1;
	}
	if (volume_find(pod, volume->name) != NULL) {
		(void)spot_bad(&at, volume->name, "is there twice");
		volume_free(volume);
		return -1;
	}
	pod->volume_count++;
	if (strcmp(volume->name, name) != 0)
		return spot_bad(&at, volume->name, "is not the mount's volume");
	return 0;
}

/* Every mount has its volume. */
static int
mounts_resolve(const struct spot *top, struct pod_manifest *pod)
{
	struct spot apps, mounts;

	if (spot_list(top, "apps", &apps) < 0)
		return -1;
	for (size_t i = 0; i < pod->app_count; i++) {
		struct spot app = spot_element(&apps, i);

		if (spot_list(&app, "mounts", &mounts) < 0)
			return -1;
		for (size_t j = 0; j < pod->apps[i].mount_count; j++) {
			struct spot mount = spot_element(&mounts, j);
			const char *name = pod->apps[i].mounts[j].volume;

			if (app_volume_read(&mount, pod, name) < 0)
				return -1;
			if (volume_find(pod, name) == NULL)
				return spot_bad(
				    &mount, name, "is not one of the volumes");
		}
	}
	return 0;
}

static int
pod_read(struct spot *top, struct pod_manifest *pod)
{
	static const struct spot_kind apps = { sizeof(struct pod_app), true,
		pod_app_read };
	static const struct spot_kind volumes = { sizeof(struct volume), true,
		schema_volume };
	static const struct spot_kind ports = { sizeof(struct pod_port), false,
		pod_port_read };

	if (schema_head(top, "PodManifest", "ContainerRuntimeManifest") < 0 ||
	    spot_each(top, "apps", &apps, &pod->apps, &pod->app_count) < 0 ||
	    spot_each(top, "volumes", &volumes, &pod->volumes,
		&pod->volume_count) < 0 ||
	    mounts_resolve(top, pod) < 0 ||
	    schema_isolators(top, &pod->isolators, &pod->isolator_count) < 0 ||
	    spot_each(top, "ports", &ports, &pod->ports, &pod->port_count) <
		0 ||
	    schema_annotations(top, &pod->annotations) < 0 ||
	    schema_map(top, "userAnnotations", &pod->user_annotations) < 0)
		return -1;
	return schema_map(top, "userLabels", &pod->user_labels);
}

struct pod_manifest *
pod_manifest_parse(const char *bytes, size_t length, char **why)
{
	autojson json_t *json = NULL;
	struct pod_manifest *pod;

	json = schema_parse(bytes, length, why);
	if (json == NULL)
		return NULL;
	struct spot top = { .name = "", .json = json, .why = why };
	pod = xcalloc(1, sizeof *pod);
	if (pod_read(&top, pod) == 0)
		return pod;
	pod_manifest_free(pod);
	return NULL;
}

static json_t *
pod_app_json(const struct pod_app *app)
{
	json_t *json = json_object();
	json_t *image = json_object();
	json_t *mounts = json_array();

	for (size_t i = 0; i < app->mount_count; i++)
		json_array_append_new(mounts,
		    json_pack("{s:s, s:s}", "volume", app->mounts[i].volume,
			"path", app->mounts[i].path));
	object_text(image, "name", app->image_name);
	object_text(image, "id", app->image_id);
	object_list(image, "labels", labels_json(&app->image_labels));
	object_text(json, "name", app->name);
	json_object_set_new(json, "image", image);
	if (app->app != NULL)
		json_object_set_new(json, "app", app_json(app->app));
	if (app->read_only_root)
		json_object_set_new(json, "readOnlyRootFS", json_true());
	object_list(json, "mounts", mounts);
	object_list(json, "annotations", labels_json(&app->annotations));
	return json;
}

static json_t *
pod_port_json(const struct pod_port *port)
{
	json_t *json = json_pack(
	    "{s:s, s:i}", "name", port->name, "hostPort", port->host_port);

	object_text(json, "hostIP", port->host_ip);
	if (port->pod_port != NULL)
		json_object_set_new(json, "podPort", port_json(port->pod_port));
	return json;
}

json_t *
pod_manifest_json(const struct pod_manifest *pod)
{
	json_t *apps = json_array();
	json_t *volumes = json_array();
	json_t *ports = json_array();
	json_t *json = json_pack("{s:s, s:s, s:o}", "acVersion", "0.8.11",
	    "acKind", "PodManifest", "apps", apps);

	for (size_t i = 0; i < pod->app_count; i++)
		json_array_append_new(apps, pod_app_json(&pod->apps[i]));
	for (size_t i = 0; i < pod->volume_count; i++)
		json_array_append_new(volumes, volume_json(&pod->volumes[i]));
	for (size_t i = 0; i < pod->port_count; i++)
		json_array_append_new(ports, pod_port_json(&pod->ports[i]));
	object_list(json, "volumes", volumes);
	object_list(json, "isolators",
	    isolators_json(pod->isolators, pod->isolator_count));
	object_list(json, "ports", ports);
	object_list(json, "annotations", labels_json(&pod->annotations));
	if (pod->user_annotations != NULL)
		json_object_set(json, "userAnnotations", pod->user_annotations);
	if (pod->user_labels != NULL)
		json_object_set(json, "userLabels", pod->user_labels);
	return json;
}

static void
pod_app_free(struct pod_app *app)
{
	free(app->name);
	free(app->image_id);
	free(app->image_name);
	labels_free(&app->image_labels);
	app_free(app->app);
	for (size_t i = 0; i < app->mount_count; i++)
		pod_mount_free(&app->mounts[i]);
	free(app->mounts);
	labels_free(&app->annotations);
}

void
pod_manifest_free(struct pod_manifest *pod)
{
	if (pod == NULL)
		return;
	for (size_t i = 0; i < pod->app_count; i++)
		pod_app_free(&pod->apps[i]);
	free(pod->apps);
	for (size_t i = 0; i < pod->volume_count; i++)
		volume_free(&pod->volumes[i]);
	free(pod->volumes);
	isolators_free(pod->isolators, pod->isolator_count);
	for (size_t i = 0; i < pod->port_count; i++)
		pod_port_free(&pod->ports[i]);
	free(pod->ports);
	labels_free(&pod->annotations);
	json_decref(pod->user_annotations);
	json_decref(pod->user_labels);
	free(pod);
}

/* Is there an app with a port of this name? */
static bool
port_exists(const struct pod_manifest *pod, const char *name)
{
	for (size_t i = 0; i < pod->app_count; i++)
		for (size_t j = 0; j < pod->apps[i].app->port_count; j++)
			if (strcmp(pod->apps[i].app->ports[j].name, name) == 0)
				return true;
	return false;
}

/* What is missing in one app, as a text that fits behind "apps[0]". */
static const char *
pod_app_unready(const struct pod_app *app)
{
	enum { ID_LENGTH = 7 + 128 };

	if (app->image_id == NULL || strlen(app->image_id) != ID_LENGTH)
		return ".image.id: is not a whole image id";
	if (app->app == NULL)
		return ".app: is missing";
	if (app->app->exec.count == 0)
		return ".app.exec: is empty";
	for (size_t i = 0; i < app->mount_count; i++)
		if (*app->mounts[i].path != '/')
			return ".mounts: not every path is absolute";
	return NULL;
}

char *
pod_manifest_unready(const struct pod_manifest *pod)
{
	if (pod->app_count == 0)
		return xstrdup("apps: is empty");
	for (size_t i = 0; i < pod->app_count; i++) {
		const char *wrong = pod_app_unready(&pod->apps[i]);

		if (wrong != NULL)
			return xasprintf("apps[%zu]%s", i, wrong);
	}
	for (size_t i = 0; i < pod->port_count; i++)
		if (pod->ports[i].pod_port == NULL &&
		    !port_exists(pod, pod->ports[i].name))
			return xasprintf(
			    "ports[%zu].name: \"%s\" is no app's port", i,
			    pod->ports[i].name);
	return NULL;
}
