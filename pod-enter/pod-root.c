/* SPDX-License-Identifier: Apache-2.0 */
/* pod-root - become a program that sees the files of an app that has ended */
/*
 * pod-root [--app=NAME] [--fail-status=N] POD PROG ARG...
 * pod-root [--app=NAME] [--fail-status=N] --export [--overwrite] POD FILE
 *
 * A chain loader.  In a mount namespace of its own it makes a directory with
 * "rootfs", what the app left over what its image has, read-only, and
 * "manifest", that of an image which would be the app again; there PROG runs.
 * With the namespace all of it is gone.  To export is to run aci-make.
 */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "escape.h"
#include "holder.h"
#include "layers.h"
#include "left.h"
#include "lower.h"
#include "mount.h"
#include "named.h"
#include "num.h"
#include "path.h"
#include "pod.h"
#include "prog.h"
#include "publish.h"
#include "scope.h"
#include "uids.h"
#include "usage.h"
#include "userns.h"

static struct {
	const char *app;
	bool export;
	bool overwrite;
} opts;

static const char usage[] =
    "usage: pod-root [--app=NAME] [--fail-status=N] POD PROG ARG...\n"
    "       pod-root [--app=NAME] [--fail-status=N] --export [--overwrite] "
    "POD FILE\n"
    "Become PROG in a directory with the files of an app that has ended.\n"
    "      --app=NAME       of several apps this one\n"
    "      --export         write them to FILE as an image\n"
    "      --fail-status=N  what failures of its own end with (125)\n"
    "      --overwrite      FILE may be there\n"
    "  -h, --help           print this\n"
    "      --version        print the version\n";

static void
read_options(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "app", required_argument, NULL, 'a' },
		{ "export", no_argument, NULL, 'e' },
		{ "overwrite", no_argument, NULL, 'w' },
		{ "fail-status", required_argument, NULL, 's' },
		USAGE_OPTIONS,
	};
	int option;

	while (
	    (option = usage_option(argc, argv, "+h", options, usage)) != -1) {
		switch (option) {
		case 'a':
			opts.app = optarg;
			break;
		case 'e':
			opts.export = true;
			break;
		case 'w':
			opts.overwrite = true;
			break;
		case 's':
			prog_fail_as(optarg);
			break;
		}
	}
	if (argc - optind < 2 || (opts.export && argc - optind != 2) ||
	    (opts.overwrite && !opts.export))
		usage_wrong(usage);
}

/*
 * A lock that others may hold too, for PROG's time, so that no gc takes the
 * files away meanwhile; then the pod's state is what it stays.
 */
static void
find_pod(const char *name, struct pod *pod)
{
	enum pod_state state;
	int lock;

	pod->dir = -1;
	if (named_open(name, pod) < 0)
		exit(prog_status);
	lock = pod_share(pod);
	if (lock < 0 && errno != EAGAIN)
		prog_die("pod \"%s\": lock", pod->uuid);
	state = pod_state(pod);
	if (lock < 0 ||
	    (state != POD_IS_EXITED && state != POD_IS_EXITED_GARBAGE))
		prog_diex("pod \"%s\" is %s, not exited", pod->uuid,
		    pod_state_name(state));
	if (fcntl(lock, F_SETFD, 0) < 0)
		prog_die("pod \"%s\": lock", pod->uuid);
}

/* Of a pod that ran more than once: one by one, the newest first. */
static const char **
stack(int upper, const struct layers *older, int lower)
{
	const char **options = xcalloc(2 * older->count + 5, sizeof *options);
	size_t n = 0;

	for (size_t i = 0; i < older->count + 2; i++) {
		options[n++] = "lowerdir+";
		options[n++] = xasprintf("/proc/self/fd/%d",
		    i == 0              ? upper
		    : i <= older->count ? older->older[i - 1]
					: lower);
	}
	return options;
}

/*
 * What it wrote belongs to the ids that the pod's users were on the host, but
 * for the image they are those from 0 on.
 */
static void
unmap_ids(const struct pod *pod, int *upper, struct layers *older)
{
	struct userns users = { .fd = -1 };
	struct holder holder;
	uint32_t first;

	if (uids_of(pod, &first) < 0) {
		if (errno != ENOENT)
			prog_die("user ids");
		return;
	}
	if (holder_make(&holder, CLONE_NEWUSER) < 0 ||
	    holder_map(&holder, first, 0) < 0)
		prog_die("a user namespace");
	users.fd = holder_open(&holder, "ns/user", O_RDONLY);
	if (users.fd < 0)
		prog_die("a user namespace");
	holder_end(&holder);
	if (userns_map(&users, upper) < 0)
		prog_die("%s: user ids", pod->uuid);
	for (size_t i = 0; i < older->count; i++)
		if (userns_map(&users, &older->older[i]) < 0)
			prog_die("%s: user ids", pod->uuid);
	(void)close(users.fd);
}

/* The overlay of what the app left; not attached yet. */
static int
open_files(const struct pod *pod, const struct left *left)
{
	autofree char *why = NULL;
	autofree char *path = xasprintf("%s.upper", left->name);
	autofd int upper =
	    beneath_open(pod->dir, path, O_RDONLY | O_DIRECTORY, 0);
	autofd int lower = lower_open(pod, left->image_id, &why);
	autofree const char **options = NULL;
	autofree char *both = NULL;
	const char *pair[] = { "lowerdir", NULL, NULL };
	struct layers older = { .upper = -1, .work = -1 };
	int files;

	if (upper < 0)
		prog_die("%s", path);
	if (lower < 0)
		prog_diex("%s: %s", left->name, why);
	layers_open_older(pod, left->name, &older);
	unmap_ids(pod, &upper, &older);
	if (older.count > 0)
		options = stack(upper, &older, lower);
	both = xasprintf("/proc/self/fd/%d:/proc/self/fd/%d", upper, lower);
	pair[1] = both;
	files = mount_new("overlay", options != NULL ? options : pair,
	    MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID |
		MOUNT_ATTR_NOEXEC);
	if (files < 0)
		prog_die("%s: overlay", left->name);
	return files;
}

/*
 * Hides the overlay's work directory, which nobody needs any more, under a
 * directory in memory, where we stand afterwards.
 */
static void
build(const struct pod *pod, const struct left *left, int files)
{
	static const char *const options[] = { "mode", "0700", NULL };
	autofree char *place = xasprintf("%s.work", left->name);
	autofd int memory =
	    mount_new("tmpfs", options, MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID);
	struct pod inside;

	if (memory < 0 || unshare(CLONE_NEWNS) < 0 ||
	    mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		prog_die("mount namespace");
	/* Of this namespace: what was opened before is the other's. */
	if (pod_open(pod->uuid, &inside) < 0 ||
	    mount_attach(memory, inside.dir, place) < 0 || fchdir(memory) < 0 ||
	    mkdir("rootfs", 0755) < 0 ||
	    mount_attach(files, memory, "rootfs") < 0)
		prog_die("%s", place);
	if (publish_file(memory, "manifest", left->manifest,
		strlen(left->manifest), 0644, 0) < 0)
		prog_die("manifest");
	(void)close(inside.dir);
}

/* The path as it will still be right when we stand elsewhere. */
static char *
find_output(const char *path)
{
	autofree char *here = getcwd(NULL, 0);
	autofree char *shown = escape(path);

	if (here == NULL)
		prog_die("%s", shown);
	if (!opts.overwrite &&
	    faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		prog_diex(
		    "%s: output ACI file exists (try --overwrite)", shown);
	return *path == '/' ? xstrdup(path) : xasprintf("%s/%s", here, path);
}

static _Noreturn void
make_image(const char *output)
{
	autofree char *option = xasprintf("--output=%s", output);
	char program[] = "aci-make", sockets[] = "--no-sockets",
	     dir[] = "rootfs", manifest[] = "manifest",
	     overwrite[] = "--overwrite", *argv[7] = { program, sockets };
	size_t n = 2;

	if (opts.overwrite)
		argv[n++] = overwrite;
	argv[n++] = option;
	argv[n++] = dir;
	argv[n] = manifest;
	prog_chain(argv);
}

int
main(int argc, char *argv[])
{
	autofree char *output = NULL;
	struct pod pod;
	struct left left;
	autofd int files = -1;

	prog_start_chain();
	read_options(argc, argv);
	if (opts.export)
		output = find_output(argv[optind + 1]);
	find_pod(argv[optind], &pod);
	left_read(&pod, opts.app, &left);
	files = open_files(&pod, &left);
	build(&pod, &left, files);
	if (opts.export)
		make_image(output);
	prog_chain(argv + optind + 1);
}
