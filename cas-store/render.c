/* SPDX-License-Identifier: Apache-2.0 */
/* render - a composed image as something that can be mounted or entered */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "alloc.h"
#include "erofs.h"
#include "mount.h"
#include "path.h"
#include "publish.h"
#include "render.h"
#include "scope.h"
#include "unpack.h"
#include "uuid.h"

int
render_parse(const char *text, enum render_kind *kind)
{
	static const char *const names[] = {
		[RENDER_AUTO] = "auto",
		[RENDER_EROFS] = "erofs",
		[RENDER_TREE] = "tree",
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (strcmp(text, names[i]) != 0)
			continue;
		*kind = (enum render_kind)i;
		return 0;
	}
	return -1;
}

int
render_parse_default(enum render_kind *kind)
{
	const char *text = getenv("RKT_STORE_KIND");

	return text == NULL || *text == '\0' ? 0 : render_parse(text, kind);
}

int
render_link(
    int cas, int fd, const char *dir, const char *name, struct fault *fault)
{
	autofd int to = store_dir(cas, dir);

	if (to < 0)
		return fault_errno(fault, "%s", dir);
	/* Content has one name: no second sync of what is there. */
	if (faccessat(to, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return fsync(to) < 0 ? fault_errno(fault, "%s", dir) : 0;
	if (publish_link(fd, to, name) < 0)
		return fault_errno(fault, "%s/%s", dir, name);
	return 0;
}

static unsigned
digit(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static int
write_index(struct render *render)
{
	const char *digits = render->key + strlen("sha512-");
	unsigned char uuid[16];

	for (size_t i = 0; i < sizeof uuid; i++)
		uuid[i] = (unsigned char)(digit(digits[2 * i]) << 4 |
					  digit(digits[2 * i + 1]));
	render->index = publish_open(render->tmp, 0444);
	if (render->index < 0)
		return fault_errno(render->fault, "index");
	return erofs_write(render->index, render->compose, &render->spill, uuid,
	    render->fault);
}

/* On trial: the very files that will be mounted. */
static bool
index_works(const struct render *render)
{
	const struct compose *compose = render->compose;
	uint32_t count = compose->device_count;
	autofree int *fds = xreallocarray(NULL, count + 1, sizeof *fds);

	for (uint32_t i = 0; i < count; i++)
		fds[i] = compose->devices[i].fd;
	if (render->spill.fd >= 0)
		fds[count++] = render->spill.fd;
	return mount_works(render->index, fds, count);
}

static int
make_directory(struct render *render, int above, const char *name, int *fd)
{
	if (mkdirat(above, name, 0700) < 0)
		return fault_errno(render->fault, "tree");
	*fd = beneath_open(above, name, O_RDONLY | O_DIRECTORY, 0);
	return *fd < 0 ? fault_errno(render->fault, "tree") : 0;
}

/* The new directory of tmp with the tree, synced. */
static int
fill_tree(struct render *render)
{
	autofd int dir = -1;
	autofd int root = -1;
	autofd int links = -1;

	if (make_directory(render, render->tmp, render->name, &dir) < 0 ||
	    make_directory(render, dir, "rootfs", &root) < 0 ||
	    make_directory(render, dir, "links", &links) < 0 ||
	    unpack_tree(root, links, render->compose, &render->left_out,
		render->fault) < 0)
		return -1;
	if (path_remove(dir, "links") < 0 ||
	    publish_file(dir, "marker", "", 0, 0400, 0) < 0 || syncfs(dir) < 0)
		return fault_errno(render->fault, "tree");
	return 0;
}

/* The tree in tmp. */
static int
make_tree(struct render *render)
{
	char uuid[UUID_SIZE];

	render->tree = true;
	uuid_make(uuid);
	render->name = xasprintf("tree-%s", uuid);
	return fill_tree(render);
}

/* Only if the store does not have it. */
static int
need_tree(struct render *render)
{
	autofree char *path = xasprintf("tree/%s", render->key);

	if (faccessat(render->cas, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return make_tree(render);
	render->tree = true;
	return 0;
}

static void
start(struct render *render, struct compose *compose, const char *key,
    bool dependent)
{
	*render = (struct render){
		.compose = compose,
		.cas = compose->cas,
		.tmp = compose->tmp,
		.dependent = dependent,
		.index = -1,
		.fault = compose->fault,
	};
	store_key(key, render->key);
	spill_start(&render->spill, render->tmp, render->fault);
}

int
render_make(struct render *render, struct compose *compose, const char *key,
    bool dependent, enum render_kind kind)
{
	start(render, compose, key, dependent);
	if (kind == RENDER_TREE)
		return need_tree(render);
	if (write_index(render) < 0)
		return -1;
	if (index_works(render))
		return 0;
	if (kind == RENDER_EROFS)
		return fault_errno(render->fault, "index: cannot be mounted");
	return need_tree(render);
}

int
render_again(struct render *render, struct compose *compose, const char *key,
    bool dependent, bool tree)
{
	start(render, compose, key, dependent);
	return tree ? make_tree(render) : write_index(render);
}

void
render_free(struct render *render)
{
	if (render->index >= 0)
		(void)close(render->index);
	if (render->name != NULL)
		(void)path_remove(render->tmp, render->name);
	free(render->name);
	spill_free(&render->spill);
}

/*
 * Below the store.  An image whose content depends on which others the store
 * had is indexed under a name of its own for each such choice: what has a name
 * is never anything else.
 */
static char *
index_path(const struct render *render)
{
	const struct compose *compose = render->compose;
	autofree char *all = xstrdup("");

	if (!render->dependent)
		return store_index(render->key, NULL);
	for (uint32_t i = 0; i < compose->device_count; i++) {
		char *longer =
		    xasprintf("%s %s", all, compose->devices[i].blob);

		free(all);
		all = longer;
	}
	return store_index(render->key, all);
}

static char *
spill_path(const char *index)
{
	return xasprintf("%s.spill", index);
}

json_t *
render_json(const struct render *render)
{
	const struct compose *compose = render->compose;
	json_t *devices = json_array();
	autofree char *path = render->tree
				  ? xasprintf("tree/%s/rootfs", render->key)
				  : index_path(render);

	for (uint32_t i = 0; i < compose->device_count; i++) {
		autofree char *blob = store_blob(compose->devices[i].blob);

		(void)json_array_append_new(devices, json_string(blob));
	}
	if (!render->tree && render->spill.fd >= 0) {
		autofree char *spill = spill_path(path);

		(void)json_array_append_new(devices, json_string(spill));
	}
	return json_pack("{s:s,s:s,s:o}", "kind",
	    render->tree ? "tree" : "erofs", "path", path, "devices", devices);
}

static int
store_tree(struct render *render)
{
	autofd int trees = store_dir(render->cas, "tree");

	if (trees < 0)
		return fault_errno(render->fault, "tree");
	if (render->name != NULL &&
	    publish_rename(
		render->tmp, render->name, trees, render->key, true) < 0 &&
	    errno != EEXIST)
		return fault_errno(render->fault, "tree/%s", render->key);
	return 0;
}

int
render_store(struct render *render)
{
	autofree char *path = NULL;
	autofree char *spill = NULL;

	if (render->tree)
		return store_tree(render);
	path = index_path(render);
	spill = spill_path(path);
	if (render->spill.fd >= 0 &&
	    render_link(render->cas, render->spill.fd, "index",
		strrchr(spill, '/') + 1, render->fault) < 0)
		return -1;
	return render_link(render->cas, render->index, "index",
	    strrchr(path, '/') + 1, render->fault);
}
