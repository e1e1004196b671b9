/* SPDX-License-Identifier: Apache-2.0 */
/* pair - an image and its signature, as files of the store */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "spool.h"

/* Bytes of a signature or a key, and the time for it. */
enum { SMALL_MAX = 1024 * 1024, SMALL_SECONDS = 60 };

struct pair {
	struct spool aci;
	struct spool asc; /* fd -1: not asked for */
	char *etag;       /* NULL: none */
	int64_t max_age;  /* -1: it is no download */
	bool unchanged;   /* it is what the store has; there are no files */
};

#define PAIR_NONE \
	{ \
		.aci = SPOOL_NONE, .asc = SPOOL_NONE, .max_age = -1 \
	}

/* Copies an open file; the filter ends if that fails. */
void pair_copy(int fd, const char *path, int64_t max, struct spool *spool);

/*
 * Opens the file of an image or key for pair_copy(); the filter ends with
 * EX_NOINPUT if it is not there, and with EX_DATAERR if it is no file.
 */
int pair_open(const char *path);

/*
 * The same for its signature, beside it: .asc after its name, or the old .sig.
 * The filter ends with EX_DATAERR if there is neither.
 */
int pair_open_signature(const char *path);

/* Forgets for how long it may be used, and how to ask whether it may. */
void pair_forget(struct pair *image);

void pair_free(struct pair *image);
