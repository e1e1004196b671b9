/* SPDX-License-Identifier: Apache-2.0 */
/* image - one image and its signature, from a server or from a file */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "spool.h"

struct web;

struct image_limits {
	int64_t size;    /* bytes of the image */
	int64_t seconds; /* for the image */
};

/* Bytes of a signature or a key, and the time for it. */
enum { SMALL_MAX = 1024 * 1024, SMALL_SECONDS = 60 };

struct image {
	struct spool aci;
	struct spool asc; /* fd -1: not asked for */
	char *etag;       /* NULL: none */
	int64_t max_age;  /* -1: it is no download */
	bool unchanged;   /* it is what the store has; there are no files */
};

#define IMAGE_NONE \
	{ \
		.aci = SPOOL_NONE, .asc = SPOOL_NONE, .max_age = -1 \
	}

struct known;

/*
 * Downloads the image at aci, unless it is what is known, and, unless asc is
 * NULL, its signature before it (the old .sig if there is none at asc). Returns
 * 0; or an exit status, with *why for the caller to free: nothing of the
 * attempt is left, and another place may be tried.  http: the URLs may be such.
 */
int image_download(struct web *web, bool http, const char *aci, const char *asc,
    const struct known *known, const struct image_limits *limits,
    struct image *image, char **why);

/* Copies an open file; the filter ends if that fails. */
void image_copy(int fd, const char *path, int64_t max, struct spool *spool);

/*
 * Opens the file of an image or key for image_copy(); the filter ends with
 * EX_NOINPUT if it is not there, and with EX_DATAERR if it is no file.
 */
int image_open(const char *path);

/*
 * The same for its signature, beside it: .asc after its name, or the old .sig.
 * The filter ends with EX_DATAERR if there is neither.
 */
int image_open_signature(const char *path);

/* Forgets for how long it may be used, and how to ask whether it may. */
void image_forget(struct image *image);

void image_free(struct image *image);
