/* SPDX-License-Identifier: Apache-2.0 */
/* merge - one tree laid over another */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "alloc.h"
#include "merge.h"
#include "scope.h"

/* The kernel's own limit. */
enum { LINKS_MAX = 40 };

#define WHITEOUT ".wh."
#define OPAQUE   ".wh..wh..opq"

struct merging {
	struct tree *tree;
	struct entries *entries;
	uint32_t root; /* of the lower tree */
	enum merge how;
	bool failed; /* to read an entry; the fault says why */
	struct fault *fault;
};

static bool
is_symlink(const struct tree *tree, uint32_t inode)
{
	return tree_at(tree, inode)->type == S_IFLNK >> 12;
}

/* The text of a symbolic link with the rest of a path; the caller frees it. */
static char *
expand(struct merging *m, uint32_t link, const char *rest)
{
	struct entry entry;

	if (entries_look(m->entries, tree_at(m->tree, link)->entry, &entry) <
	    0) {
		m->failed = true;
		return NULL;
	}
	return *rest == '\0' ? xstrdup(entry.link)
			     : xasprintf("%s/%s", entry.link, rest);
}

/*
 * From the directory at along path, whose last component is followed too if
 * so said; 0 if it leads nowhere.
 */
static uint32_t
walk(struct merging *m, uint32_t at, const char *path, bool follow_last)
{
	autofree char *left = xstrdup(path);
	char *next = left;

	for (int links = 0; *next != '\0';) {
		const char *name = next;
		size_t length = strcspn(next, "/");
		uint32_t inode;

		next += length + strspn(next + length, "/");
		if (length == 0)
			at = m->root;
		if (length == 0 || (length == 1 && *name == '.'))
			continue;
		if (length == 2 && memcmp(name, "..", 2) == 0) {
			at = at == m->root ? at : tree_at(m->tree, at)->parent;
			continue;
		}
		inode = tree_lookup(m->tree, at, name, length);
		if (inode != 0 && is_symlink(m->tree, inode) &&
		    (*next != '\0' || follow_last)) {
			char *longer = expand(m, inode, next);

			free(left);
			next = left = longer;
			if (longer == NULL || ++links > LINKS_MAX)
				return 0;
			continue;
		}
		if (*next == '\0')
			return inode;
		if (inode == 0 || !tree_is_dir(m->tree, inode))
			return 0;
		at = inode;
	}
	return at;
}

uint32_t
merge_resolve(
    struct tree *tree, struct entries *entries, uint32_t root, const char *path)
{
	struct merging m = { .tree = tree, .entries = entries, .root = root };

	return walk(&m, root, path, false);
}

static bool
begins(const struct name *name, const char *with)
{
	size_t length = strlen(with);

	return name->length >= length && memcmp(name->text, with, length) == 0;
}

/* What the upper directory says of the lower one's names. */
static int
white_out(struct merging *m, uint32_t lower, uint32_t list)
{
	struct tree *tree = m->tree;
	const size_t mark = strlen(WHITEOUT);

	for (uint32_t id = list; id != 0;) {
		const struct name *name = names_at(&tree->names, id);
		const char *text = name->text + mark;
		size_t length = name->length - mark;

		id = name->right;
		if (!begins(name, WHITEOUT))
			continue;
		if (begins(name, OPAQUE) && name->length == strlen(OPAQUE)) {
			tree_at(tree, lower)->names = 0;
			continue;
		}
		/* Others are aufs' own. */
		if (begins(name, WHITEOUT WHITEOUT))
			continue;
		if (length == 0 || (length == 1 && *text == '.') ||
		    (length == 2 && memcmp(text, "..", 2) == 0))
			return fault_set(
			    m->fault, EX_DATAERR, "a whiteout of no name");
		tree_cut(tree, lower, text, length);
	}
	return 0;
}

static int merge_list(struct merging *m, uint32_t lower, uint32_t list);

/*
 * Where a directory goes whose name is taken by there (0: by nothing): into
 * what is there, if that is one; 0: it is laid in its place.
 */
static uint32_t
place_for(struct merging *m, uint32_t lower, uint32_t there, uint32_t upper)
{
	struct tree *tree = m->tree;
	uint32_t target;
	char *text;

	if (there == 0 || tree_is_dir(tree, there))
		return there;
	if (m->how != MERGE_LAYER || tree_at(tree, upper)->entry != 0 ||
	    !is_symlink(tree, there))
		return 0;
	text = expand(m, there, "");
	target = text == NULL ? 0 : walk(m, lower, text, true);
	free(text);
	return target != 0 && tree_is_dir(tree, target) ? target : 0;
}

/* The name moves over, in the place of the lower one if there is one. */
static void
lay(struct merging *m, uint32_t lower, uint32_t id)
{
	struct tree *tree = m->tree;
	const struct name *name = names_at(&tree->names, id);

	tree_cut(tree, lower, name->text, name->length);
	names_put(&tree->names, &tree_at(tree, lower)->names, id);
	if (tree_is_dir(tree, name->inode))
		tree_at(tree, name->inode)->parent = lower;
}

static int
merge_directory(struct merging *m, uint32_t lower, uint32_t id)
{
	struct tree *tree = m->tree;
	const struct name *name = names_at(&tree->names, id);
	uint32_t there = tree_lookup(tree, lower, name->text, name->length);
	struct inode *upper = tree_at(tree, name->inode);
	uint32_t into = place_for(m, lower, there, name->inode);
	uint32_t list = names_list(&tree->names, upper->names);

	if (into == 0) {
		/* Empty at first: what it has may be whiteouts. */
		upper->names = 0;
		lay(m, lower, id);
		into = name->inode;
	} else if (upper->entry != 0) {
		tree_at(tree, into)->entry = upper->entry;
	}
	return merge_list(m, into, list);
}

/* No name is made here, so that none moves. */
static int
merge_list(struct merging *m, uint32_t lower, uint32_t list)
{
	struct tree *tree = m->tree;

	if (m->how == MERGE_LAYER && white_out(m, lower, list) < 0)
		return -1;
	while (list != 0) {
		const struct name *name = names_at(&tree->names, list);
		uint32_t id = list;

		list = name->right;
		if (m->how == MERGE_LAYER && begins(name, WHITEOUT))
			continue;
		if (!tree_is_dir(tree, name->inode))
			lay(m, lower, id);
		else if (merge_directory(m, lower, id) < 0)
			return -1;
	}
	return m->failed ? -1 : 0;
}

int
merge(struct tree *tree, struct entries *entries, uint32_t lower,
    uint32_t upper, enum merge how, struct fault *fault)
{
	struct merging m = {
		.tree = tree,
		.entries = entries,
		.root = lower,
		.how = how,
		.fault = fault,
	};
	uint32_t list = names_list(&tree->names, tree_at(tree, upper)->names);

	if (tree_at(tree, upper)->entry != 0)
		tree_at(tree, lower)->entry = tree_at(tree, upper)->entry;
	return merge_list(&m, lower, list);
}
