/* SPDX-License-Identifier: Apache-2.0 */
/* layers - what an app has written, in this run of the pod and in those before
 */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "layers.h"
#include "path.h"
#include "pod.h"
#include "prog.h"
#include "scope.h"

static int
open_directory(const struct pod *pod, const char *name)
{
	return beneath_open(pod->dir, name, O_RDONLY | O_DIRECTORY, 0);
}

void
layers_open_older(const struct pod *pod, const char *app, struct layers *layers)
{
	int found[LAYERS_MAX];
	size_t count = 0;

	for (; count < LAYERS_MAX; count++) {
		autofree char *name = xasprintf("%s.lower.%zu", app, count);

		found[count] = open_directory(pod, name);
		if (found[count] < 0 && errno != ENOENT)
			prog_die("%s: %s", app, name);
		if (found[count] < 0)
			break;
	}
	for (size_t i = 0; i < count; i++)
		layers->older[i] = found[count - 1 - i];
	layers->count = count;
}

/* The kernel makes a directory in it when it mounts, and leaves it there. */
static bool
was_mounted(const struct pod *pod, const char *work)
{
	autofree char *inner = xasprintf("%s/work", work);
	struct stat file;

	return fstatat(pod->dir, inner, &file, AT_SYMLINK_NOFOLLOW) == 0;
}

/*
 * In this order, so that at any point it is seen what is left to do: the upper
 * directory is put away while there is the used work directory beside it.
 */
static void
renew(const struct pod *pod, const char *app, const char *upper,
    const char *work, size_t number)
{
	autofree char *name = xasprintf("%s.lower.%zu", app, number);

	if (was_mounted(pod, work)) {
		if (number == LAYERS_MAX)
			prog_diex("%s: was run %d times: too often for one pod",
			    app, LAYERS_MAX + 1);
		if (renameat2(pod->dir, upper, pod->dir, name,
			RENAME_NOREPLACE) < 0 &&
		    errno != ENOENT)
			prog_die("%s: %s", app, name);
		if (path_remove(pod->dir, work) < 0)
			prog_die("%s: %s", app, work);
	}
	if ((mkdirat(pod->dir, upper, 0755) < 0 && errno != EEXIST) ||
	    (mkdirat(pod->dir, work, 0700) < 0 && errno != EEXIST))
		prog_die("%s: %s", app, upper);
}

void
layers_open(const struct pod *pod, const char *app, struct layers *layers)
{
	autofree char *upper = xasprintf("%s.upper", app);
	autofree char *work = xasprintf("%s.work", app);

	layers_open_older(pod, app, layers);
	if (layers->count > 0 || was_mounted(pod, work) ||
	    faccessat(pod->dir, upper, F_OK, AT_SYMLINK_NOFOLLOW) < 0) {
		renew(pod, app, upper, work, layers->count);
		layers_close(layers);
		layers_open_older(pod, app, layers);
	}
	layers->upper = open_directory(pod, upper);
	layers->work = open_directory(pod, work);
	if (layers->upper < 0 || layers->work < 0)
		prog_die("%s: %s", app, upper);
}

void
layers_close(struct layers *layers)
{
	for (size_t i = 0; i < layers->count; i++)
		scope_close(&layers->older[i]);
	layers->count = 0;
	scope_close(&layers->upper);
	scope_close(&layers->work);
}
