/* SPDX-License-Identifier: Apache-2.0 */
/* apps - images and arguments made the apps of a pod */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "actype.h"
#include "alloc.h"
#include "apps.h"
#include "environment.h"
#include "escape.h"
#include "filter.h"
#include "isolators.h"
#include "num.h"
#include "path.h"
#include "prog.h"
#include "scope.h"
#include "volumes.h"

/* Takes the place of what is there, if the option was given. */
static void
override(char **value, const char *option)
{
	if (option == NULL)
		return;
	free(*value);
	*value = xstrdup(option);
}

static char *
app_name(const struct image *image, const struct args_image *options)
{
	const char *full = image->manifest->name;
	const char *last = strrchr(full, '/');
	char *name;

	if (options->name != NULL)
		return xstrdup(options->name);
	name = acname_sanitise(last == NULL ? full : last + 1);
	if (name == NULL)
		filter_failx(EX_USAGE,
		    "%s: no name for an app can be made of it, use --name",
		    escape(full));
	return name;
}

/* An app for an image that has none: --exec by the caller's own ids. */
static struct app *
app_without_section(const struct image *image, const struct args_image *options)
{
	struct app *app;

	if (options->exec == NULL)
		filter_failx(EX_USAGE,
		    "error: image %s has no app section and --exec argument "
		    "is not provided",
		    escape(image->ref));
	app = xcalloc(1, sizeof(*app));
	app->user = xasprintf("%lu", (unsigned long)getuid());
	app->group = xasprintf("%lu", (unsigned long)getgid());
	return app;
}

static void
set_exec(struct app *app, const struct image *image,
    const struct args_image *options)
{
	if (options->exec != NULL) {
		strings_free(&app->exec);
		strings_add(&app->exec, options->exec);
	}
	if (app->exec.count == 0)
		filter_failx(EX_USAGE,
		    "image %s has an empty \"exec\" (try --exec=BINARY)",
		    escape(image->ref));
	for (size_t i = 0; i < options->args.count; i++)
		strings_add(&app->exec, options->args.list[i]);
}

/* 1,2,3: args_parse() has looked at them. */
static void
set_gids(struct app *app, const char *text)
{
	autofree char *copy = text == NULL ? NULL : xstrdup(text);
	char *rest = copy;
	const char *word;
	uint64_t gid;

	if (text != NULL)
		app->gid_count = 0;
	while ((word = strsep(&rest, ",")) != NULL) {
		if (num_parse(word, 0, UINT32_MAX, &gid) < 0)
			continue;
		app->gids = xreallocarray(
		    app->gids, app->gid_count + 1, sizeof(*app->gids));
		app->gids[app->gid_count++] = (uint32_t)gid;
	}
}

static void
set_members(json_t **object, const struct labels *members)
{
	for (size_t i = 0; i < members->count; i++) {
		if (*object == NULL)
			*object = json_object();
		(void)json_object_set_new(*object, members->list[i].name,
		    json_string(members->list[i].value));
	}
}

static void
set_mounts(struct pod_app *app, const struct args_image *options)
{
	app->mount_count = options->mount_count;
	app->mounts = xcalloc(app->mount_count, sizeof(*app->mounts));
	for (size_t i = 0; i < app->mount_count; i++) {
		app->mounts[i].volume = xstrdup(options->mounts[i].volume);
		app->mounts[i].path = xstrdup(options->mounts[i].path);
	}
}

static void
make_app(struct pod_app *pod_app, const struct image *image,
    const struct args_image *options)
{
	struct app *app = image->manifest->app == NULL
			      ? app_without_section(image, options)
			      : app_copy(image->manifest->app);

	pod_app->app = app;
	pod_app->name = app_name(image, options);
	pod_app->read_only_root = options->read_only_root;
	set_exec(app, image, options);
	override(&app->user, options->user);
	override(&app->group, options->group);
	override(&app->working_directory, options->working_dir);
	set_gids(app, options->gids);
	set_members(&app->user_annotations, &options->user_annotations);
	set_members(&app->user_labels, &options->user_labels);
	for (size_t i = 0; i < options->annotations.count; i++)
		labels_set(&pod_app->annotations,
		    options->annotations.list[i].name,
		    options->annotations.list[i].value);
	set_mounts(pod_app, options);
	isolators_override(pod_app->name, app, options);
}

struct pod_manifest *
apps_from_args(const struct args *args, const struct image *images)
{
	struct pod_manifest *pod = xcalloc(1, sizeof(*pod));

	pod->app_count = args->image_count;
	pod->apps = xcalloc(pod->app_count, sizeof(*pod->apps));
	for (size_t i = 0; i < pod->app_count; i++)
		make_app(&pod->apps[i], &images[i], &args->images[i]);
	volumes_add(pod, args);
	pod->port_count = args->port_count;
	pod->ports = xcalloc(pod->port_count, sizeof(*pod->ports));
	for (size_t i = 0; i < pod->port_count; i++) {
		pod->ports[i] = args->ports[i];
		pod->ports[i].name = xstrdup(args->ports[i].name);
		if (args->ports[i].host_ip != NULL)
			pod->ports[i].host_ip = xstrdup(args->ports[i].host_ip);
	}
	return pod;
}

struct pod_manifest *
apps_from_file(const char *file)
{
	autofree char *bytes = NULL;
	autofree char *why = NULL;
	struct pod_manifest *pod;
	size_t length;

	bytes = path_read(AT_FDCWD, file, MANIFEST_MAX, &length);
	if (bytes == NULL)
		filter_fail(errno == ENOENT ? EX_NOINPUT : EX_IOERR, "%s",
		    escape(file));
	pod = pod_manifest_parse(bytes, length, &why);
	if (pod == NULL)
		filter_failx(EX_DATAERR, "%s: %s", escape(file), why);
	if (pod->app_count == 0)
		filter_failx(EX_DATAERR, "%s: apps: is empty", escape(file));
	return pod;
}

/* NAME,LABEL=VALUE,... of an app that has no image id. */
static char *
name_reference(const struct pod_app *app)
{
	char *text = xstrdup(app->image_name);

	for (size_t i = 0; i < app->image_labels.count; i++) {
		char *longer =
		    xasprintf("%s,%s=%s", text, app->image_labels.list[i].name,
			app->image_labels.list[i].value);

		free(text);
		text = longer;
	}
	return text;
}

struct strings
apps_references(const struct pod_manifest *pod)
{
	struct strings refs = { 0 };

	for (size_t i = 0; i < pod->app_count; i++) {
		const struct pod_app *app = &pod->apps[i];
		autofree char *by_name =
		    app->image_id == NULL ? name_reference(app) : NULL;

		strings_add(&refs, by_name == NULL ? app->image_id : by_name);
	}
	return refs;
}

/* The image as the pod's record has it: whole id, its own name and labels. */
static void
set_image(struct pod_app *app, const struct image *image)
{
	const struct labels *labels = &image->manifest->labels;

	override(&app->image_id, image->id);
	override(&app->image_name, image->manifest->name);
	labels_free(&app->image_labels);
	for (size_t i = 0; i < labels->count; i++)
		labels_set(&app->image_labels, labels->list[i].name,
		    labels->list[i].value);
}

/* A Dockerfile's VOLUME means the content that the image has there. */
static bool
is_docker(const struct image_manifest *image)
{
	static const char docker[] = "appc.io/docker/";

	for (size_t i = 0; i < image->annotations.count; i++)
		if (strncmp(image->annotations.list[i].name, docker,
			sizeof docker - 1) == 0)
			return true;
	return false;
}

/* What pod-enter is to know of the image, unless the pod says otherwise. */
static void
set_notify(struct pod_app *app, const struct image_manifest *image)
{
	static const char name[] = "appc.io/executor/supports-systemd-notify";
	const char *value = labels_get(&image->annotations, name);

	if (value != NULL && labels_get(&app->annotations, name) == NULL)
		labels_set(&app->annotations, name, value);
}

static void
check_names(const struct pod_manifest *pod)
{
	for (size_t i = 0; i < pod->app_count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (strcmp(pod->apps[i].name, pod->apps[j].name) == 0)
				filter_failx(EX_USAGE,
				    "error: multiple apps with name %s",
				    pod->apps[i].name);
		}
	}
}

void
apps_complete(struct pod_manifest *pod, const struct args *args,
    const struct image *images)
{
	struct labels files = environment_files(&args->set_env_files);

	check_names(pod);
	volumes_check(pod);
	for (size_t i = 0; i < pod->app_count; i++) {
		struct pod_app *app = &pod->apps[i];

		set_image(app, &images[i]);
		set_notify(app, images[i].manifest);
		if (app->app == NULL && images[i].manifest->app != NULL)
			app->app = app_copy(images[i].manifest->app);
		if (app->app == NULL || app->app->exec.count == 0)
			filter_failx(EX_DATAERR, "app %s: nothing to execute",
			    app->name);
		isolators_check(app->name, app->app);
		environment_merge(app, args, &files,
		    args->image_count > 0 ? &args->images[i] : NULL);
		volumes_mount(pod, app, is_docker(images[i].manifest),
		    args->mounts, args->mount_count);
	}
	labels_free(&files);
}
