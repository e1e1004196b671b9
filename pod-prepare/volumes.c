/* SPDX-License-Identifier: Apache-2.0 */
/* volumes - what the apps share with the host and each other, and where */

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "alloc.h"
#include "escape.h"
#include "filter.h"
#include "prog.h"
#include "scope.h"
#include "volumes.h"

static const struct volume *
find(const struct pod_manifest *pod, const char *name)
{
	for (size_t i = 0; i < pod->volume_count; i++) {
		if (strcmp(pod->volumes[i].name, name) == 0)
			return &pod->volumes[i];
	}
	return NULL;
}

static struct volume *
append(struct pod_manifest *pod)
{
	pod->volumes = xreallocarray(
	    pod->volumes, pod->volume_count + 1, sizeof(*pod->volumes));
	return &pod->volumes[pod->volume_count++];
}

void
volumes_add(struct pod_manifest *pod, const struct args *args)
{
	for (size_t i = 0; i < args->volume_count; i++) {
		struct volume *volume = append(pod);

		*volume = args->volumes[i];
		volume->name = xstrdup(volume->name);
		if (volume->source != NULL)
			volume->source = xstrdup(volume->source);
	}
}

/* A link could be turned to another place between this look and the mount. */
static void
check_source(const struct volume *volume)
{
	struct stat source;

	if (lstat(volume->source, &source) < 0)
		filter_fail(EX_NOINPUT, "volume \"%s\": %s", volume->name,
		    escape(volume->source));
	if (S_ISLNK(source.st_mode))
		filter_failx(EX_DATAERR, "volume \"%s\": %s: a symbolic link",
		    volume->name, escape(volume->source));
}

void
volumes_check(const struct pod_manifest *pod)
{
	for (size_t i = 0; i < pod->volume_count; i++) {
		const struct volume *volume = &pod->volumes[i];

		if (find(pod, volume->name) != volume)
			filter_failx(EX_USAGE, "volume \"%s\" given twice",
			    volume->name);
		if (volume->kind == VOLUME_HOST)
			check_source(volume);
	}
}

/* The path without empty and "." parts; NULL if one is "..".  To be freed. */
static char *
plain_path(const char *path)
{
	autofree char *copy = xstrdup(path);
	char *plain = xcalloc(strlen(path) + 2, 1);
	char *end = plain;
	char *rest = copy;
	const char *part;

	while ((part = strsep(&rest, "/")) != NULL) {
		if (*part == '\0' || strcmp(part, ".") == 0)
			continue;
		if (strcmp(part, "..") == 0) {
			free(plain);
			return NULL;
		}
		*end++ = '/';
		end = stpcpy(end, part);
	}
	if (end == plain)
		*end = '/';
	return plain;
}

/* The mounts of an app while they are gathered, and where each is from. */
enum origin { OWN, FOR_ALL, MOUNT_POINT };

struct gathered {
	struct pod_mount *list;
	enum origin *origins;
	size_t count;
};

/* Adds one unless its target is taken by an earlier origin. */
static void
gather(struct gathered *mounts, const struct pod_app *app, const char *volume,
    const char *path, enum origin origin)
{
	char *target = plain_path(path);
	size_t n = mounts->count;

	if (path[0] != '/' || target == NULL)
		filter_failx(EX_DATAERR,
		    "app %s: mount target \"%s\" is not a plain absolute path",
		    app->name, escape(path));
	for (size_t i = 0; i < n; i++) {
		if (strcmp(mounts->list[i].path, target) != 0)
			continue;
		if (mounts->origins[i] == origin)
			filter_failx(EX_DATAERR,
			    "app %s: two volumes for mount target \"%s\"",
			    app->name, escape(target));
		free(target);
		return;
	}
	mounts->list =
	    xreallocarray(mounts->list, n + 1, sizeof(*mounts->list));
	mounts->origins =
	    xreallocarray(mounts->origins, n + 1, sizeof(*mounts->origins));
	mounts->list[n] = (struct pod_mount){ xstrdup(volume), target };
	mounts->origins[n] = origin;
	mounts->count++;
}

static const struct mount_point *
mount_point(const struct app *app, const char *name)
{
	for (size_t i = 0; i < app->mount_point_count; i++) {
		if (strcmp(app->mount_points[i].name, name) == 0)
			return &app->mount_points[i];
	}
	return NULL;
}

/*
 * Mount points in the same plain form: pod-enter finds by its path whether a
 * mount is read-only.
 */
static void
make_plain(struct pod_app *app)
{
	for (size_t i = 0; i < app->app->mount_point_count; i++) {
		struct mount_point *point = &app->app->mount_points[i];
		char *plain = plain_path(point->path);

		if (plain == NULL)
			filter_failx(EX_DATAERR,
			    "app %s: mount point \"%s\": \"%s\" is not a plain "
			    "absolute path",
			    app->name, point->name, escape(point->path));
		free(point->path);
		point->path = plain;
	}
}

/* A mount that was asked for, its target a path or a mount point's name. */
static void
gather_asked(struct gathered *mounts, const struct pod_manifest *pod,
    const struct pod_app *app, const struct pod_mount *mount,
    enum origin origin)
{
	const struct mount_point *point = mount_point(app->app, mount->path);
	const char *path = point != NULL ? point->path : mount->path;

	if (find(pod, mount->volume) == NULL)
		filter_failx(EX_DATAERR,
		    "dangling mount point \"%s\": volume \"%s\" not found",
		    escape(mount->path), escape(mount->volume));
	/* For all apps means for those that have it. */
	if (point == NULL && path[0] != '/' && origin == FOR_ALL)
		return;
	if (path[0] != '/')
		filter_failx(EX_DATAERR, "app %s: no mount point \"%s\"",
		    app->name, escape(path));
	gather(mounts, app, mount->volume, path, origin);
}

/* The name of an app's own empty volume, made if it is not there. */
static char *
implicit_volume(struct pod_manifest *pod, const struct pod_app *app,
    const struct mount_point *point, bool filled)
{
	char *name = xasprintf("%s-%s", app->name, point->name);
	struct volume *volume;

	if (find(pod, name) != NULL)
		return name;
	warnx(
	    "no volume specified for mount point \"%s\", implicitly creating "
	    "an \"empty\" volume. This volume will be removed when the pod is "
	    "garbage-collected.",
	    point->name);
	volume = append(pod);
	*volume = (struct volume){ .name = xstrdup(name),
		.kind = VOLUME_EMPTY,
		.read_only = -1,
		.recursive = -1,
		.map_ids = -1,
		.mode = 0755,
		.filled = filled };
	return name;
}

static bool
taken(const struct gathered *mounts, const char *target)
{
	for (size_t i = 0; i < mounts->count; i++) {
		if (strcmp(mounts->list[i].path, target) == 0 &&
		    mounts->origins[i] != MOUNT_POINT)
			return true;
	}
	return false;
}

static void
gather_point(struct gathered *mounts, struct pod_manifest *pod,
    const struct pod_app *app, const struct mount_point *point, bool filled)
{
	autofree char *own = NULL;

	if (taken(mounts, point->path))
		return;
	if (find(pod, point->name) == NULL)
		own = implicit_volume(pod, app, point, filled);
	gather(mounts, app, own != NULL ? own : point->name, point->path,
	    MOUNT_POINT);
}

void
volumes_mount(struct pod_manifest *pod, struct pod_app *app, bool filled,
    const struct pod_mount *for_all, size_t for_all_count)
{
	struct gathered mounts = { 0 };

	make_plain(app);
	for (size_t i = 0; i < app->mount_count; i++)
		gather_asked(&mounts, pod, app, &app->mounts[i], OWN);
	for (size_t i = 0; i < for_all_count; i++)
		gather_asked(&mounts, pod, app, &for_all[i], FOR_ALL);
	for (size_t i = 0; i < app->app->mount_point_count; i++)
		gather_point(
		    &mounts, pod, app, &app->app->mount_points[i], filled);
	for (size_t i = 0; i < app->mount_count; i++) {
		free(app->mounts[i].volume);
		free(app->mounts[i].path);
	}
	free(app->mounts);
	free(mounts.origins);
	app->mounts = mounts.list;
	app->mount_count = mounts.count;
}
