/* SPDX-License-Identifier: Apache-2.0 */
/* want - one part of an image: what it should be, and what came of it */

#include <string.h>

#include "alloc.h"
#include "digest.h"
#include "scope.h"
#include "want.h"

/* The algorithm that a digest begins with. */
static const char *
algorithm(const char *digest)
{
	return strncmp(digest, "sha512-", 7) == 0 ? "sha512" : "sha256";
}

static void
open_spool(struct want *want)
{
	spool_open(want->spool, algorithm(want->digest));
}

static void
keep(struct want *want, const void *bytes, size_t length)
{
	want->bytes =
	    xreallocarray(want->bytes, (size_t)want->done + length + 1, 1);
	memcpy(want->bytes + want->done, bytes, length);
	want->bytes[(size_t)want->done + length] = '\0';
}

void
want_take(struct want *want, const void *bytes, size_t length)
{
	if (want->spool == NULL) {
		keep(want, bytes, length);
	} else {
		if (want->spool->fd < 0)
			open_spool(want);
		spool_write(want->spool, bytes, length);
	}
	want->done += (int64_t)length;
	/* Now, since each thread that hashes has a buffer of its own. */
	if (want->spool != NULL && want->done == want->size)
		want->sum = spool_digest(want->spool);
}

void
want_restart(struct want *want)
{
	want->done = 0;
	free(want->sum);
	want->sum = NULL;
	free(want->bytes);
	want->bytes = NULL;
	if (want->spool != NULL && want->spool->fd >= 0)
		spool_restart(want->spool);
}

/* Its digest, if all of it has come. */
static char *
sum_of(struct want *want)
{
	if (want->spool != NULL)
		return take_ptr(&want->sum);
	return digest_bytes(
	    algorithm(want->digest), want->bytes, (size_t)want->done);
}

int
want_check(struct want *want, char **why)
{
	autofree char *sum = NULL;

	/* Nothing came, which may be what it is. */
	if (want->done == 0)
		want_take(want, "", 0);
	if (want->size >= 0 && want->done != want->size) {
		*why = xasprintf("has %lld bytes, and should have %lld",
		    (long long)want->done, (long long)want->size);
		return -1;
	}
	if (want->digest != NULL) {
		sum = sum_of(want);
		if (sum == NULL || strcmp(sum, want->digest) != 0) {
			*why = xstrdup("does not match its digest");
			return -1;
		}
	}
	return want->check != NULL ? want->check(want, why) : 0;
}

void
want_free(struct want *want)
{
	free(want->type);
	free(want->given);
	free(want->bytes);
	free(want->sum);
	want->type = want->given = want->bytes = want->sum = NULL;
}
