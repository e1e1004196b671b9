/* SPDX-License-Identifier: Apache-2.0 */
/* directory - makes the directory of a pod, which rkt-pod(5) describes */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "directory.h"
#include "escape.h"
#include "filter.h"
#include "path.h"
#include "pod.h"
#include "prog.h"
#include "publish.h"
#include "record.h"
#include "registration.h"
#include "scope.h"

/*
 * The pod that is being made: place changes, dir stays.  Nothing is synced: a
 * pod does not outlive a power cut, its uppers are volatile.
 */
static struct pod made = { .dir = -1 };
static const char *uuid_file; /* that was made for it */

/* However the process ends, unless the pod is to be kept. */
static void
remove_made(void)
{
	autofd int place = -1;

	if (made.dir < 0)
		return;
	(void)close(made.dir);
	made.dir = -1;
	if (uuid_file != NULL)
		(void)unlink(uuid_file);
	place = pod_place_open(made.place);
	if (place >= 0)
		(void)path_remove(place, made.uuid);
}

static _Noreturn void
cannot_make(const char *name)
{
	filter_fail(
	    errno == ENOSPC || errno == EDQUOT ? EX_IOERR : EX_CANTCREAT,
	    "pod %s: %s", made.uuid, name);
}

static void
make_directory(const char *name, mode_t mode)
{
	if (mkdirat(made.dir, name, mode) < 0)
		cannot_make(name);
}

static void
make_file(const char *name, const void *bytes, size_t length)
{
	autofd int fd = openat(
	    made.dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 || write_all(fd, bytes, length) < 0)
		cannot_make(name);
}

static void
make_json(const char *name, const json_t *json)
{
	autofree char *text = json_dumps(json, JSON_COMPACT);

	if (text == NULL)
		filter_failx(EX_SOFTWARE, "%s: not to be written", name);
	make_file(name, text, strlen(text));
}

/* With its lock it is ours, and may be seen in prepare. */
static int
take_embryo(void)
{
	int lock;

	make_file("lock", "", 0);
	lock = pod_lock(&made);
	if (lock < 0 || pod_move(&made, POD_PREPARE) < 0)
		cannot_make("lock");
	return lock;
}

/* The embryo, of which a gc must not find that it is nobody's; its lock. */
static int
make_embryo(const char *uuid)
{
	autofd int place =
	    pod_places_make() < 0 ? -1 : pod_place_open(POD_EMBRYO);
	autofd int held = place < 0 ? -1 : pod_embryos_hold(false);

	if (held < 0)
		filter_fail(EX_CANTCREAT, "pods");
	memcpy(made.uuid, uuid, UUID_SIZE);
	made.place = POD_EMBRYO;
	if (mkdirat(place, uuid, 0700) < 0)
		filter_fail(EX_CANTCREAT, "pod %s", uuid);
	made.dir = openat(place, uuid, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (made.dir < 0) {
		(void)unlinkat(place, uuid, AT_REMOVEDIR);
		filter_fail(EX_CANTCREAT, "pod %s", uuid);
	}
	filter_undo_on_failure(remove_made);
	(void)atexit(remove_made);
	return take_embryo();
}

/* A reference to the image: while there is a link, the store keeps the file. */
static void
link_file(const struct image *image, const char *from, const char *to)
{
	autofree char *name = xasprintf("%s.%s", image->key, to);

	if (linkat(AT_FDCWD, from, made.dir, name, 0) == 0)
		return;
	if (errno == ENOENT)
		filter_failx(EX_NOINPUT, "%s: no longer in the store",
		    escape(image->ref));
	if (errno == EXDEV)
		filter_failx(EX_CANTCREAT,
		    "%s: the store and the pods are on two file systems",
		    escape(image->ref));
	if (errno == EMLINK)
		filter_failx(EX_TEMPFAIL, "%s: too many pods of this image",
		    escape(image->ref));
	filter_fail(EX_CANTCREAT, "%s: %s", escape(image->ref), from);
}

/* An unpacked tree is moved away by who removes it: so look again. */
static void
link_tree(const struct image *image)
{
	autofree char *marker = xasprintf("%s/../marker", image->root);

	link_file(image, marker, "tree");
	if (access(image->root, F_OK) < 0)
		filter_failx(EX_NOINPUT, "%s: no longer in the store",
		    escape(image->ref));
}

static void
link_image(const struct image *image)
{
	if (image->tree) {
		link_tree(image);
		return;
	}
	link_file(image, image->root, "index");
	for (size_t i = 0; i < image->devices.count; i++) {
		char slot[24];

		(void)snprintf(slot, sizeof(slot), "%zu", i);
		link_file(image, image->devices.list[i], slot);
	}
}

static void
link_images(const struct directory *directory)
{
	const struct image *images = directory->images;

	for (size_t i = 0; i < directory->pod->app_count; i++) {
		bool linked = false;

		for (size_t j = 0; j < i; j++)
			linked |= strcmp(images[i].key, images[j].key) == 0;
		if (!linked)
			link_image(&images[i]);
	}
}

/* The overlay's upper directory is what the app sees as the mode of "/". */
static void
make_app(const char *app, const struct app_filter *filter)
{
	autofree char *upper = xasprintf("%s.upper", app);
	autofree char *work = xasprintf("%s.work", app);
	autofree char *bpf = xasprintf("%s.bpf", app);

	make_directory(upper, 0755);
	make_directory(work, 0700);
	if (filter->kind != SECCOMP_DEFAULT)
		make_file(bpf, filter->program,
		    filter->instructions * sizeof(*filter->program));
}

static void
make_volume(const struct volume *volume)
{
	autofree char *name = xasprintf("volumes/%s", volume->name);

	make_directory(name, 0755);
	if ((volume->uid != geteuid() || volume->gid != getegid()) &&
	    geteuid() == 0 &&
	    fchownat(made.dir, name, volume->uid, volume->gid,
		AT_SYMLINK_NOFOLLOW) < 0)
		cannot_make(name);
	if (volume->mode != 0755 &&
	    fchmodat(made.dir, name, volume->mode, 0) < 0)
		cannot_make(name);
	if (volume->filled) {
		autofree char *mark = xasprintf("%s.fill", name);

		make_file(mark, "", 0);
	}
}

static void
make_volumes(const struct pod_manifest *pod)
{
	bool any = false;

	for (size_t i = 0; i < pod->volume_count; i++) {
		if (pod->volumes[i].kind != VOLUME_EMPTY)
			continue;
		if (!any)
			make_directory("volumes", 0700);
		any = true;
		make_volume(&pod->volumes[i]);
	}
}

static _Noreturn void
cannot_register(void)
{
	if (errno == ENOENT)
		filter_failx(EX_NOINPUT,
		    "pod %s: an image is no longer in the store", made.uuid);
	cannot_make("token");
}

/*
 * As flat as can be: an inode costs more than all else here, ten times as much
 * where many were removed a minute ago (ext4 looks at each of those first).
 */
static void
fill(const struct directory *directory)
{
	const struct pod_manifest *pod = directory->pod;
	autojson json_t *manifest = pod_manifest_json(pod);

	link_images(directory);
	for (size_t i = 0; i < pod->app_count; i++)
		make_app(pod->apps[i].name, &directory->filters[i]);
	make_volumes(pod);
	if (json_is_true(json_object_get(directory->choices, "detach")))
		make_directory("log", 0700);
	make_directory("status", 0700);
	make_json("pod", manifest);
	if (linkat(made.dir, "pod", made.dir, "container", 0) < 0)
		cannot_make("container");
	make_json("run.json", directory->choices);
	if (registration_make(made.dir, made.uuid, directory->choices) < 0)
		cannot_register();
}

/* A file that was there before is written to, whatever it is, and stays. */
static int
open_uuid_file(const char *file)
{
	const int flags = O_WRONLY | O_NOCTTY | O_CLOEXEC;
	int fd = open(file, flags | O_CREAT | O_EXCL, 0644);

	if (fd >= 0)
		uuid_file = file;
	else if (errno == EEXIST)
		/* O_CREAT, for what the kernel then checks in /tmp. */
		fd = open(file, flags | O_CREAT, 0644);
	return fd;
}

static void
save_uuid(const char *file)
{
	autofree char *line = xasprintf("%s\n", made.uuid);
	const size_t length = strlen(line);
	autofd int fd = open_uuid_file(file);
	struct stat status;

	if (fd < 0)
		filter_fail(EX_CANTCREAT, "%s", escape(file));
	if (write_all(fd, line, length) < 0 || fstat(fd, &status) < 0 ||
	    (S_ISREG(status.st_mode) && ftruncate(fd, (off_t)length) < 0))
		filter_fail(EX_IOERR, "%s", escape(file));
}

void
directory_make(const struct directory *directory)
{
	autofd int lock = make_embryo(directory->uuid);

	(void)lock; /* until the end of this block */
	fill(directory);
	if (directory->uuid_file != NULL)
		save_uuid(directory->uuid_file);
	if (pod_move(&made, POD_PREPARED) < 0)
		cannot_make("prepared");
}

void
directory_keep(void)
{
	(void)close(made.dir);
	made.dir = -1;
}
