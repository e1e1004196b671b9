/* SPDX-License-Identifier: Apache-2.0 */
/* names - the names in the directories of a tree */
#pragma once

#include <stdint.h>

/*
 * A directory's names are a binary tree by their bytes, which is kept in shape
 * by chance (a treap): neither an archive's order nor its names can make it
 * slow, and walking it gives the order that EROFS wants.  All of them lie in
 * one array and are known by where: 0 is none.  What is there may move
 * whenever a name is made.
 */
struct name {
	uint32_t left, right;
	uint32_t inode : 23;
	uint32_t kept : 1; /* by tree_keep() */
	uint32_t length : 8;
	char text[]; /* no NUL */
};

struct names {
	uint32_t *words;
	uint32_t used, room;
	uint64_t seed;
};

/* How many bytes they may take: 12 and its own length for each. */
enum { NAMES_MAX = 32 * 1024 * 1024 };

void names_start(struct names *names);
void names_free(struct names *names);

/* The name itself, until the next is made. */
struct name *names_at(const struct names *names, uint32_t id);

/* A new one, which is in no directory yet; 0: there are too many. */
uint32_t names_make(struct names *names, const char *text, uint32_t length);

/* The one of that text in the directory whose names begin at root; or 0. */
uint32_t names_find(const struct names *names, uint32_t root, const char *text,
    uint32_t length);

/* Puts one into a directory, which has none of that text. */
void names_put(struct names *names, uint32_t *root, uint32_t id);

/* Takes the one of that text out of it; 0: it was not there. */
uint32_t names_cut(
    struct names *names, uint32_t *root, const char *text, uint32_t length);

/*
 * Makes a list of them, in order: the result is the first, "right" the next.
 * That is no tree to the functions above any more.
 */
uint32_t names_list(struct names *names, uint32_t root);
