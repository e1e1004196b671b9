/* SPDX-License-Identifier: Apache-2.0 */
/* compose - the root file system of an image, out of one archive or many */
#pragma once

#include <jansson.h>

#include "entries.h"
#include "fault.h"
#include "manifest.h"
#include "store.h"
#include "tree.h"

/*
 * So many archives may lie over one another: a record names them all, and
 * docker's own limit is 127.
 */
enum { ARCHIVES_MAX = 128 };

/* An archive that files of the tree have their data in. */
struct device {
	int fd;
	uint64_t size;
	char blob[KEY_TEXT]; /* its name in the store, */
	bool stored;         /* where it is already, */
	bool read;           /* and this with it */
	uint32_t first, end; /* its entries */
};

struct compose {
	int cas;
	int tmp;   /* the store's */
	bool anew; /* reads the archives, whatever the store has kept of them */
	struct tree tree;
	struct entries entries;
	struct device *devices; /* number 1 is the first */
	uint32_t device_count;
	uint32_t laid; /* archives, of which some may be the same */
	char *dropped; /* an extended attribute that was left out, or NULL */
	struct fault *fault;
};

void compose_start(
    struct compose *compose, int cas, int tmp, struct fault *fault);
void compose_stop(struct compose *compose);

/*
 * The number of an archive's device, whose entries are read unless it was there
 * already; 0 with fault.  The first takes fd over, the other opens the blob of
 * the store.
 */
uint32_t compose_archive(
    struct compose *compose, int fd, uint64_t size, const char *blob);
uint32_t compose_blob(struct compose *compose, const char *blob);

/* Lays a docker or OCI layer over what there is. */
int compose_layer(struct compose *compose, uint32_t device);

/* The manifest's bytes in the archive of an App Container, with a NUL after
 * them; the caller frees them.  NULL with fault. */
char *compose_manifest(
    struct compose *compose, uint32_t device, size_t *length);

/* The manifest of an image of the store; NULL with fault. */
struct image_manifest *compose_stored(struct compose *compose, const char *key);

/*
 * Makes the tree of the App Container whose archive is the device and whose
 * id begins with key: first its dependencies (dependency.h) with all of their
 * own, then itself, then only what its whitelist has.  They must be in the
 * store (dependencies_missing()).
 */
int compose_image(struct compose *compose, uint32_t device, const char *key,
    const json_t *dependencies, const struct strings *whitelist);

/* At the end: what every pod needs in it, and tree_finish(). */
int compose_finish(struct compose *compose);
