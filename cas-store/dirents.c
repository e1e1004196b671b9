/* SPDX-License-Identifier: Apache-2.0 */
/* dirents - a directory as an index has it
 *
 * Blocks of entries and names, each complete in itself; "." and ".." stand
 * among the others, where their bytes put them.
 */

#include <endian.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "dirents.h"
#include "format.h"

/* Goes through a directory's names. */
struct cursor {
	const struct tree *tree;
	uint32_t dir;
	uint32_t id; /* the next of its own names */
	int dots;    /* of "." and "..": how many are behind us */
	bool at_end; /* of all */
	const char *text;
	uint32_t length;
	uint32_t inode;
};

/* Is the next of the dots before the next of the names? */
static bool
is_dot_next(const struct cursor *cursor)
{
	const struct name *name;
	uint32_t length = (uint32_t)cursor->dots + 1, n;
	int order;

	if (cursor->dots == 2 || cursor->id == 0)
		return cursor->dots < 2;
	name = names_at(&cursor->tree->names, cursor->id);
	n = name->length < length ? name->length : length;
	order = memcmp("..", name->text, n);
	return order < 0 || (order == 0 && length < name->length);
}

static void
next(struct cursor *cursor)
{
	const struct name *name;

	if (is_dot_next(cursor)) {
		cursor->text = "..";
		cursor->length = (uint32_t)++cursor->dots;
		cursor->inode =
		    cursor->dots == 1
			? cursor->dir
			: tree_at(cursor->tree, cursor->dir)->parent;
		return;
	}
	cursor->at_end = cursor->id == 0;
	if (cursor->at_end)
		return;
	name = names_at(&cursor->tree->names, cursor->id);
	cursor->text = name->text;
	cursor->length = name->length;
	cursor->inode = name->inode;
	cursor->id = name->right;
}

static struct cursor
begin(const struct tree *tree, uint32_t dir)
{
	struct cursor cursor = {
		.tree = tree,
		.dir = dir,
		.id = tree_at(tree, dir)->names,
	};

	next(&cursor);
	return cursor;
}

/* Moves over as many names as fit a block; how many they are. */
static uint32_t
plan_block(struct cursor *cursor, size_t *used)
{
	uint32_t count = 0;

	*used = 0;
	for (; !cursor->at_end; next(cursor), count++) {
		size_t more = DIRENT + cursor->length;

		if (*used + more > BLOCK)
			break;
		*used += more;
	}
	return count;
}

uint64_t
dirents_size(const struct tree *tree, uint32_t dir)
{
	struct cursor cursor = begin(tree, dir);
	uint64_t blocks = 0;
	size_t used = 0;

	for (; !cursor.at_end; blocks++)
		(void)plan_block(&cursor, &used);
	return (blocks - 1) * BLOCK + used;
}

static uint8_t
file_type(const struct inode *inode)
{
	static const uint8_t types[16] = {
		[S_IFREG >> 12] = 1,
		[S_IFDIR >> 12] = 2,
		[S_IFCHR >> 12] = 3,
		[S_IFBLK >> 12] = 4,
		[S_IFIFO >> 12] = 5,
		[S_IFLNK >> 12] = 7,
	};

	return types[inode->type];
}

static void
fill_block(struct cursor *cursor, uint32_t count, unsigned char *block)
{
	size_t offset = (size_t)count * DIRENT;

	for (uint32_t i = 0; i < count; i++, next(cursor)) {
		const struct inode *inode =
		    tree_at(cursor->tree, cursor->inode);
		struct disk_dirent dirent = {
			.nid = htole64(inode->place),
			.name_offset = htole16((uint16_t)offset),
			.type = file_type(inode),
		};

		memcpy(block + (size_t)i * DIRENT, &dirent, sizeof dirent);
		memcpy(block + offset, cursor->text, cursor->length);
		offset += cursor->length;
	}
}

void
dirents_fill(const struct tree *tree, uint32_t dir, unsigned char *body)
{
	struct cursor cursor = begin(tree, dir);

	for (; !cursor.at_end; body += BLOCK) {
		struct cursor ahead = cursor;
		size_t used = 0;
		uint32_t count = plan_block(&ahead, &used);

		fill_block(&cursor, count, body);
	}
}
