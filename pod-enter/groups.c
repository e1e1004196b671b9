/* SPDX-License-Identifier: Apache-2.0 */
/* groups - the control groups of a pod and its apps, with their limits */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "cgroup.h"
#include "groups.h"
#include "manifest.h"
#include "nodes.h"
#include "pod.h"
#include "prog.h"
#include "publish.h"
#include "scope.h"
#include "userns.h"

#define INIT  "init"
#define PROCS "cgroup.procs"

static void
read_limits(const char *whose, const struct isolator *list, size_t count,
    struct limits *limits)
{
	autofree char *why = NULL;

	if (limits_read(list, count, limits, &why) < 0)
		prog_diex("%s: %s", whose, why);
}

/* A group of v1 in which there are already limits to be. */
static int
make_v1(const char *whose, const struct pod *pod, enum controller which,
    const struct limits *limits, int error)
{
	autofd int group = controller_group(which, pod->uuid, true);

	/* Where v2 has the controller, its error tells more. */
	if (group < 0 && errno == ENOENT)
		errno = error;
	if (group < 0 && (errno == ENOENT || errno == 0))
		prog_diex("%s: isolator %s: there is no controller \"%s\"",
		    whose, limits_isolator(which), controller_name(which));
	if (group < 0)
		prog_die("%s: isolator %s: controller \"%s\"", whose,
		    limits_isolator(which), controller_name(which));
	if (limits_write_v1(group, which, limits) < 0)
		prog_die("%s: isolator %s", whose, limits_isolator(which));
	return take_fd(&group);
}

static int
open_procs(const char *whose, int group)
{
	int fd = controller_procs(group);

	if (fd < 0)
		prog_die("%s: cgroup.procs", whose);
	return fd;
}

/* An app's group below the pod's in a hierarchy of v1. */
static void
make_app_v1(const char *app, int pod, enum controller which, size_t i,
    struct groups *groups)
{
	autofd int group = -1;

	if (mkdirat(pod, app, 0755) < 0 && errno != EEXIST)
		prog_die("%s: cgroup", app);
	group =
	    openat(pod, app, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (group < 0 || limits_write_v1(group, which, &groups->limits[i]) < 0)
		prog_die("%s: isolator %s", app, limits_isolator(which));
	groups->app[i][groups->app_count[i]++] = open_procs(app, group);
}

/* The pod in one hierarchy of v1, and those of its apps that it limits. */
static void
make_hierarchy(const struct pod *pod, const struct pod_manifest *manifest,
    enum controller which, const struct limits *limits, int error,
    struct groups *groups)
{
	const unsigned bit = 1U << which;
	const char *whose = "pod";
	autofd int group = -1;

	for (size_t i = 0; i < manifest->app_count; i++)
		if ((limits_controllers(&groups->limits[i]) & bit) != 0)
			whose = manifest->apps[i].name;
	group = make_v1(whose, pod, which, limits, error);
	groups->enter[which] = open_procs(whose, group);
	for (size_t i = 0; i < manifest->app_count; i++)
		if ((limits_controllers(&groups->limits[i]) & bit) != 0)
			make_app_v1(
			    manifest->apps[i].name, group, which, i, groups);
}

static void
make_apps(const struct pod_manifest *manifest, struct groups *groups)
{
	for (size_t i = 0; i < manifest->app_count; i++)
		if (mkdirat(groups->pod, manifest->apps[i].name, 0755) < 0 &&
		    errno != EEXIST)
			prog_die("%s: cgroup", manifest->apps[i].name);
}

/* "init" is no app's name while there is an app that is called so. */
static void
make_init(const struct pod_manifest *manifest, struct groups *groups)
{
	autofd int group = -1;

	for (size_t i = 0; i < manifest->app_count; i++)
		if (strcmp(manifest->apps[i].name, INIT) == 0)
			prog_diex("%s: an app with limits in its pod cannot "
				  "have that name",
			    INIT);
	if (mkdirat(groups->pod, INIT, 0755) < 0 && errno != EEXIST)
		prog_die("cgroup " INIT);
	group = openat(
	    groups->pod, INIT, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (group < 0)
		prog_die("cgroup " INIT);
	groups->init = open_procs(INIT, group);
}

static void
make_unified(const struct pod *pod, struct cgroup_wish *wish,
    const struct pod_manifest *manifest, struct groups *groups)
{
	groups->pod = cgroup_make(pod, wish);
	if (groups->pod >= 0) {
		make_apps(manifest, groups);
		return;
	}
	wish->controllers = 0;
	if (prog_debug())
		warn("pod %s: no cgroup", pod->uuid);
}

void
groups_make(const struct pod *pod, const struct pod_manifest *manifest,
    struct groups *groups)
{
	struct limits all = { 0 };
	struct cgroup_wish wish = { 0 };
	unsigned apps = 0, needed;

	memset(groups->enter, -1, sizeof groups->enter);
	groups->init = -1;
	read_limits("pod", manifest->isolators, manifest->isolator_count, &all);
	for (size_t i = 0; i < manifest->app_count; i++) {
		const struct app *app = manifest->apps[i].app;

		read_limits(manifest->apps[i].name, app->isolators,
		    app->isolator_count, &groups->limits[i]);
		apps |= limits_controllers(&groups->limits[i]);
	}
	needed = apps | limits_controllers(&all);
	wish.controllers = needed | 1U << CONTROLLER_PIDS;
	make_unified(pod, &wish, manifest, groups);
	for (enum controller c = 0; c < CONTROLLERS; c++)
		if ((needed & ~wish.controllers) >> c & 1)
			make_hierarchy(
			    pod, manifest, c, &all, wish.error, groups);
	/* Where it costs nothing: pid 1 is born in the group. */
	groups->unbounded = all.pids == 0;
	if (all.pids == 0 && (wish.controllers >> CONTROLLER_PIDS & 1) != 0) {
		all.pids = PIDS_DEFAULT;
		groups->unbounded = false;
	}
	for (enum controller c = 0; c < CONTROLLERS; c++)
		if ((wish.controllers >> c & 1) == 0)
			limits_drop(&all, c);
	if (groups->pod >= 0 && limits_write(groups->pod, &all) < 0)
		prog_die("pod %s: limits", pod->uuid);
	groups->enter[CONTROLLER_DEVICES] =
	    nodes_bound(pod, manifest, groups->pod);
	groups->divided = apps & wish.controllers;
	if (groups->divided != 0)
		make_init(manifest, groups);
}

void
groups_give(const struct groups *groups, const struct pod_manifest *manifest,
    const struct userns *userns)
{
	if (groups->pod < 0)
		return;
	if (userns_give(userns, groups->pod, PROCS) < 0)
		prog_die("pod: cgroup");
	for (size_t i = 0; i < manifest->app_count; i++) {
		autofree char *path =
		    xasprintf("%s/" PROCS, manifest->apps[i].name);

		if (userns_give(userns, groups->pod, path) < 0)
			prog_die("%s: cgroup", manifest->apps[i].name);
	}
}

int
groups_go(int list)
{
	return write_all(list, "0", 1);
}

void
groups_enter(const struct groups *groups)
{
	for (enum controller c = 0; c < CONTROLLERS; c++)
		if (groups->enter[c] >= 0 && groups_go(groups->enter[c]) < 0)
			prog_die("cgroup of %s", controller_name(c));
	if (unshare(CLONE_NEWCGROUP) < 0)
		prog_die("cgroup namespace");
	if (groups->init >= 0 && groups_go(groups->init) < 0)
		prog_die("cgroup " INIT);
}

void
groups_divide(const struct groups *groups, const struct pod_manifest *manifest)
{
	unsigned on = controller_enable(groups->pod, groups->divided);

	for (size_t i = 0; i < manifest->app_count; i++) {
		const char *app = manifest->apps[i].name;
		struct limits limits = groups->limits[i];
		autofd int group = openat(groups->pod, app,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		for (enum controller c = 0; c < CONTROLLERS; c++)
			if ((groups->divided >> c & 1) == 0)
				limits_drop(&limits, c);
		if (on != groups->divided || group < 0 ||
		    limits_write(group, &limits) < 0)
			prog_die("%s: limits", app);
	}
}

int
groups_of_app(const struct pod *pod, const char *app, int lists[CONTROLLERS])
{
	int count = 0;

	for (enum controller c = 0; c < CONTROLLERS; c++) {
		autofd int group = controller_group(c, pod->uuid, false);
		autofd int below = -1;

		if (group < 0) {
			if (errno == ENOENT)
				continue;
			prog_die("pod %s: cgroup", pod->uuid);
		}
		below = openat(group, app,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (below < 0 && errno != ENOENT)
			prog_die("%s: cgroup", app);
		lists[count++] = open_procs(app, below < 0 ? group : below);
	}
	return count;
}
