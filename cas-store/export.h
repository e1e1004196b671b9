/* SPDX-License-Identifier: Apache-2.0 */
/* export - an image of the store in a form that others read */
#pragma once

#include <jansson.h>

#include "compose.h"
#include "layout.h"
#include "manifest.h"
#include "target.h"

/* What is known of the image. */
struct export
{
	int cas;
	int tmp; /* the store's */
	char key[KEY_TEXT];
	json_t *info;
	char *bytes; /* of the manifest */
	size_t length;
	struct image_manifest *manifest;
	bool alone; /* without its dependencies */
	struct fault *fault;
};

/*
 * Each of these returns 0, or -1 with fault.  Looks the image up; it has been
 * found.  export_close() in any case.
 */
int export_open(struct export *image, int cas, const char *key, bool alone,
    struct fault *fault);
void export_close(struct export *image);

/* As an App Container, to the file fd. */
int export_aci(struct export *image, int fd);

/* As an OCI layout, of which nothing is there yet. */
int export_layout(struct export *image, struct layout *layout);

/*
 * Its files into the empty directory dir: "rootfs", unless bare the file
 * "manifest", and while it works "links".  *left_out counts devices that were
 * left out; if it is NULL they are made.
 */
int export_directory(
    struct export *image, int dir, bool bare, unsigned *left_out);
