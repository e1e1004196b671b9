/* SPDX-License-Identifier: Apache-2.0 */
/* names - the names in the directories of a tree */

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "alloc.h"
#include "names.h"
#include "prog.h"

enum { WORD = sizeof(uint32_t) };

void
names_start(struct names *names)
{
	*names = (struct names){ .used = 1 };
	/* What decides the shape must not be known to who chose the names. */
	if (getrandom(&names->seed, sizeof names->seed, 0) !=
	    (ssize_t)sizeof names->seed)
		prog_die("getrandom");
}

void
names_free(struct names *names)
{
	free(names->words);
	names->words = NULL;
}

struct name *
names_at(const struct names *names, uint32_t id)
{
	return (struct name *)(names->words + id);
}

uint32_t
names_make(struct names *names, const char *text, uint32_t length)
{
	uint32_t words =
	    ((uint32_t)sizeof(struct name) + length + WORD - 1) / WORD;
	uint32_t id = names->used;
	struct name *name;

	if (id + words > NAMES_MAX / WORD)
		return 0;
	if (id + words > names->room) {
		names->room = 2 * (id + words);
		names->words = xreallocarray(names->words, names->room, WORD);
	}
	names->used += words;
	name = names_at(names, id);
	*name = (struct name){ .length = length & 0xff };
	memcpy(name->text, text, length);
	return id;
}

/* Unsigned bytes, and a prefix comes first. */
static int
compare(
    const struct names *names, uint32_t id, const char *text, uint32_t length)
{
	const struct name *name = names_at(names, id);
	uint32_t n = name->length < length ? name->length : length;
	int order = memcmp(name->text, text, n);

	return order != 0 ? order : (int)name->length - (int)length;
}

/* Which of two is nearer to the root? */
static uint64_t
rank(const struct names *names, uint32_t id)
{
	uint64_t x = (id ^ names->seed) * UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
	return x ^ x >> 32;
}

uint32_t
names_find(
    const struct names *names, uint32_t root, const char *text, uint32_t length)
{
	while (root != 0) {
		int order = compare(names, root, text, length);

		if (order == 0)
			break;
		root = order > 0 ? names_at(names, root)->left
				 : names_at(names, root)->right;
	}
	return root;
}

/* Those before the name id, and those behind it. */
static void
split(const struct names *names, uint32_t root, uint32_t id, uint32_t *before,
    uint32_t *behind)
{
	const struct name *pivot = names_at(names, id);

	while (root != 0) {
		struct name *name = names_at(names, root);

		if (compare(names, root, pivot->text, pivot->length) < 0) {
			*before = root;
			before = &name->right;
			root = name->right;
		} else {
			*behind = root;
			behind = &name->left;
			root = name->left;
		}
	}
	*before = *behind = 0;
}

void
names_put(struct names *names, uint32_t *root, uint32_t id)
{
	struct name *new = names_at(names, id);
	uint64_t own = rank(names, id);

	while (*root != 0 && rank(names, *root) > own) {
		struct name *name = names_at(names, *root);

		root = compare(names, *root, new->text, new->length) > 0
			   ? &name->left
			   : &name->right;
	}
	split(names, *root, id, &new->left, &new->right);
	*root = id;
}

/* One tree of two, all of the first being before all of the second. */
static void
join(
    const struct names *names, uint32_t *root, uint32_t before, uint32_t behind)
{
	while (before != 0 && behind != 0) {
		bool first = rank(names, before) > rank(names, behind);

		*root = first ? before : behind;
		if (first) {
			root = &names_at(names, before)->right;
			before = *root;
		} else {
			root = &names_at(names, behind)->left;
			behind = *root;
		}
	}
	*root = before != 0 ? before : behind;
}

uint32_t
names_cut(
    struct names *names, uint32_t *root, const char *text, uint32_t length)
{
	while (*root != 0) {
		struct name *name = names_at(names, *root);
		int order = compare(names, *root, text, length);
		uint32_t id = *root;

		if (order == 0) {
			join(names, root, name->left, name->right);
			return id;
		}
		root = order > 0 ? &name->left : &name->right;
	}
	return 0;
}

/*
 * Without recursion: as long as there is something to the left it is turned
 * up, until all hangs to the right.
 */
uint32_t
names_list(struct names *names, uint32_t root)
{
	uint32_t first = root;
	uint32_t *link = &first;

	while (*link != 0) {
		struct name *name = names_at(names, *link);
		uint32_t left = name->left;

		if (left == 0) {
			link = &name->right;
			continue;
		}
		name->left = names_at(names, left)->right;
		names_at(names, left)->right = *link;
		*link = left;
	}
	return first;
}
