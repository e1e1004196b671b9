/* SPDX-License-Identifier: Apache-2.0 */
/* render - a composed image as something that can be mounted or entered */
#pragma once

#include <jansson.h>

#include "compose.h"
#include "spill.h"

/* How the root file system is kept; RENDER_AUTO tries the index. */
enum render_kind { RENDER_AUTO, RENDER_EROFS, RENDER_TREE };

/* "auto", "erofs" or "tree"; 0, or -1. */
int render_parse(const char *text, enum render_kind *kind);

/* The same from RKT_STORE_KIND, which may be unset. */
int render_parse_default(enum render_kind *kind);

/* A root file system on its way into the store. */
struct render {
	struct compose *compose;
	int cas;
	int tmp;
	char key[KEY_TEXT]; /* of the image */
	bool dependent;     /* others than itself say what is in it */
	bool tree;          /* it is no index */
	char *name;         /* of the tree in tmp, or NULL */
	int index;          /* without a name; -1: none */
	struct spill spill;
	unsigned left_out; /* devices that a tree lacks */
	struct fault *fault;
};

/*
 * Makes it, of a composed image (compose_finish()), without a name: only an
 * image that can be had is worth its first name.  Returns 0, or -1 with fault;
 * render_free() in any case.
 */
int render_make(struct render *render, struct compose *compose, const char *key,
    bool dependent, enum render_kind kind);
void render_free(struct render *render);

/* The same, whether the store has it or not, and whether this kernel can mount
 * it or not. */
int render_again(struct render *render, struct compose *compose,
    const char *key, bool dependent, bool tree);

/* What info.json will say of it; the caller owns it. */
json_t *render_json(const struct render *render);

/* Gives it its name, unless the store has it.  Durable.  0, or -1 with fault.
 */
int render_store(struct render *render);

/*
 * A file into a directory of the store, by its name; what is there stays.
 * Durable.  0, or -1 with fault.
 */
int render_link(
    int cas, int fd, const char *dir, const char *name, struct fault *fault);
