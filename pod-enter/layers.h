/* SPDX-License-Identifier: Apache-2.0 */
/* layers - what an app has written, in this run of the pod and in those before
 */
#pragma once

#include <stddef.h>

struct pod;

/* A pod may be run so often again; the kernel stacks at most 500. */
enum { LAYERS_MAX = 400 };

/*
 * Descriptors of the app's directories.  An upper directory that was mounted
 * is never one again, since its mount was volatile: it becomes APP.lower.N,
 * which is above the image and those of lower numbers.
 */
struct layers {
	int upper;
	int work;
	int older[LAYERS_MAX]; /* the newest first */
	size_t count;
};

/*
 * Opens them, after making new ones if the pod was run before; whatever call
 * an earlier attempt ended at.  What fails ends the process.
 */
void layers_open(const struct pod *pod, const char *app, struct layers *layers);

/* Only those of earlier runs, as they are; layers_close() is for these too. */
void layers_open_older(
    const struct pod *pod, const char *app, struct layers *layers);
void layers_close(struct layers *layers);
