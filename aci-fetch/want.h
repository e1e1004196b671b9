/* SPDX-License-Identifier: Apache-2.0 */
/* want - one part of an image: what it should be, and what came of it */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spool.h"

struct want {
	/* What it is below its repository: manifests/latest, blobs/sha256:… */
	const char *what;
	const char *const *headers; /* as in web.h; may be NULL */
	const char *digest; /* "sha256-…" or "sha512-…"; NULL: not known yet */
	bool by_tag;        /* a source for digests alone is not asked */
	bool conditional; /* by its headers: it may be known already */
	int64_t size;     /* of all of it; -1: not known yet */
	int64_t max;      /* bytes, if the size is not known */
	int64_t seconds;
	int64_t slowest;     /* bytes a second; 0: as web.h has it */
	struct spool *spool; /* not open yet; NULL: to be kept in memory */
	/* May be NULL: is it what it should be?  0, or -1 with *why. */
	int (*check)(const struct want *want, char **why);
	void *data; /* for check */

	long status;  /* of HTTP: 200, or 304 if it is conditional */
	char *type;   /* Content-Type without parameters, lower case */
	char *given;  /* Docker-Content-Digest; may be NULL */
	char *bytes;  /* in memory, with a NUL behind */
	int64_t done; /* bytes that have come */
	char *sum;    /* digest of the spool, once all of it is there */
};

/* More of it; and none of it, as at the beginning. */
void want_take(struct want *want, const void *bytes, size_t length);
void want_restart(struct want *want);

/* All has come: is it what it should be?  0, or -1 with *why. */
int want_check(struct want *want, char **why);

/* Frees what came; the spool is the caller's. */
void want_free(struct want *want);
