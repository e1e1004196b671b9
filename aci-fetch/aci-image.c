/* SPDX-License-Identifier: Apache-2.0 */
/* aci-image - an App Container image, from servers or from a file */

#include <err.h>
#include <stdlib.h>

#include "aci-image.h"
#include "alloc.h"
#include "confine.h"
#include "download.h"
#include "endpoints.h"
#include "escape.h"
#include "filter.h"
#include "keeper.h"
#include "known.h"
#include "options.h"
#include "pair.h"
#include "prog.h"
#include "scope.h"
#include "spool.h"
#include "web.h"

static int
open_signature(const struct options *options)
{
	return options->signature == NULL ? -1 : pair_open(options->signature);
}

/* Nothing has come, and nothing need. */
static void
add_known(json_t *record, const char *url, const struct known *known,
    const struct pair *image)
{
	if (known->fresh)
		options_say_fresh(url);
	(void)json_object_set_new(record, "fetch",
	    known_member(url, known, image->etag, image->max_age));
}

/*
 * What comes with a signature is hashed by whoever verifies it, and once more
 * on its way into the store: that we had hashed it too would say nothing new,
 * and takes longer than to decrypt it.
 */
static const char *
hash_of(const struct options *options)
{
	return options->no_signature ? "sha512" : NULL;
}

static void
add_digest(json_t *member, struct spool *spool)
{
	autofree char *digest = NULL;

	if (spool->hash == NULL)
		return;
	digest = spool_digest(spool);
	(void)json_object_set_new(member, "digest", json_string(digest));
}

/* The member fetch; the files get their names. */
static void
add_image(json_t *record, const char *url, struct pair *image)
{
	autofree char *shown = escape(url);
	json_t *member;

	spool_name(&image->aci);
	member = json_pack("{ss,ss}", "url", url, "aci", image->aci.path);
	if (member == NULL)
		filter_failx(EX_DATAERR, "%s: path is not UTF-8", shown);
	add_digest(member, &image->aci);
	if (image->asc.fd >= 0) {
		spool_name(&image->asc);
		(void)json_object_set_new(
		    member, "asc", json_string(image->asc.path));
	}
	if (image->etag != NULL)
		(void)json_object_set_new(
		    member, "etag", json_string(image->etag));
	if (image->max_age >= 0)
		(void)json_object_set_new(
		    member, "maxAge", json_integer(image->max_age));
	(void)json_object_set_new(record, "fetch", member);
}

/* Puts a signature that is open already in place of a downloaded one. */
static void
own_signature(int fd, const struct options *options, struct pair *image)
{
	if (fd < 0)
		return;
	spool_open(&image->asc, NULL);
	pair_copy(fd, options->signature, SMALL_MAX, &image->asc);
}

/* What all endpoints are asked with. */
struct search {
	json_t *record; /* gets the member fetch */
	struct web *web;
	const struct options *options;
	int signature; /* open already, in place of theirs; or -1 */
};

/* Returns 0, or an exit status with *why; unless it is fresh. */
static int
download(const struct search *search, const struct endpoint *endpoint,
    const struct known *known, struct pair *image, char **why)
{
	const struct options *options = search->options;
	const struct download what = { .endpoint = endpoint,
		.with_signature = endpoint->asc != NULL &&
				  !options->no_signature &&
				  search->signature < 0,
		.etag = known->id == NULL ? NULL : known->etag,
		.hash = hash_of(options),
		.limits = &options->limits };
	int status;

	if (known->fresh)
		return 0;
	options_announce(options, "fetching image from", endpoint->aci);
	status = download_image(search->web, &what, image, why);
	/* What anybody could have said is not to be believed for long. */
	if ((options->flags & WEB_NO_TLS_CHECK) != 0)
		pair_forget(image);
	return status;
}

/* The image from there, or the store's if it is the same.  As download(). */
static int
try_endpoint(
    const struct search *search, const struct endpoint *endpoint, char **why)
{
	struct pair image = PAIR_NONE;
	struct known known;
	int status;

	known_take(endpoint->aci, options_known_as(search->options), &known);
	status = download(search, endpoint, &known, &image, why);
	if (status != 0) {
		known_release();
	} else if (known.fresh || image.unchanged) {
		add_known(search->record, endpoint->aci, &known, &image);
	} else {
		own_signature(search->signature, search->options, &image);
		add_image(search->record, endpoint->aci, &image);
	}
	pair_free(&image);
	known_free(&known);
	return status;
}

void
aci_image_from_servers(json_t *record, struct web *web,
    const struct options *options, const struct endpoints *endpoints)
{
	autofd int signature = open_signature(options);
	const struct search search = { .record = record,
		.web = web,
		.options = options,
		.signature = signature };

	known_open();
	for (size_t i = 0; i < endpoints->count; i++)
		keeper_expect(endpoints->list[i].aci);
	keeper_confine(&confine_web);
	for (size_t i = 0; i < endpoints->count; i++) {
		autofree char *why = NULL;
		autofree char *shown = NULL;
		int status = try_endpoint(&search, &endpoints->list[i], &why);

		if (status == 0)
			break;
		shown = escape(why);
		if (i + 1 == endpoints->count)
			filter_failx(status, "%s", shown);
		warnx("%s, trying the next", shown);
	}
}

void
aci_image_from_file(
    json_t *record, const struct options *options, const char *path)
{
	autofree char *real = realpath(path, NULL);
	autofree char *url = xasprintf("file://%s", real != NULL ? real : path);
	autofd int signature = open_signature(options);
	autofd int fd = pair_open(path);
	struct pair image = PAIR_NONE;

	if (!options->no_signature && signature < 0)
		signature = pair_open_signature(path);
	keeper_confine(&confine_copy);
	options_announce(options, "using image from file", path);
	spool_open(&image.aci, hash_of(options));
	pair_copy(fd, path, options->limits.size, &image.aci);
	own_signature(signature, options, &image);
	add_image(record, url, &image);
	pair_free(&image);
}
