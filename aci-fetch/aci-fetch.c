/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aci-fetch - from the place of an image, or key, to files in the store's tmp
 *
 *	aci-discover IMAGE | aci-fetch [OPTION…]
 *	aci-fetch [OPTION…] URL|PATH
 *	aci-discover --keys PREFIX | aci-fetch [OPTION…] --keys
 *	aci-fetch [OPTION…] --key URL|PATH…
 *
 * 1. open what is needed; then give up all rights but those of asking a
 *    server and writing in the store's tmp
 * 2. try the places in their order, each for the image and its signature
 * 3. give the files, which had none so far, their names; print the record
 */

#include <err.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "confine.h"
#include "download.h"
#include "escape.h"
#include "filter.h"
#include "image.h"
#include "keeper.h"
#include "keys.h"
#include "known.h"
#include "oci-image.h"
#include "options.h"
#include "places.h"
#include "prog.h"
#include "publish.h"
#include "record.h"
#include "ref.h"
#include "scope.h"
#include "spool.h"
#include "url.h"
#include "web.h"

static struct options opts;

static int
open_signature(void)
{
	return opts.signature == NULL ? -1 : image_open(opts.signature);
}

static void
announce(const char *how, const char *place)
{
	autofree char *shown = escape(place);

	warnx("%s %s", how, shown);
	if (opts.no_signature)
		warnx("warning: signature verification has been disabled");
}

/* Which of the store's images would do: none for a signature that is new. */
static enum known_as
will_do(void)
{
	if (opts.no_cache || opts.signature != NULL)
		return KNOWN_NOT;
	return opts.no_signature ? KNOWN_ANY : KNOWN_VERIFIED;
}

static void
say_fresh(const char *place)
{
	autofree char *shown = escape(place);

	warnx("image for %s isn't expired, not fetching.", shown);
}

/* Nothing has come, and nothing need. */
static void
add_known(json_t *record, const char *url, const struct known *known,
    const struct image *image)
{
	if (known->fresh)
		say_fresh(url);
	(void)json_object_set_new(record, "fetch",
	    known_member(url, known, image->etag, image->max_age));
}

/* The member fetch; the files get their names. */
static void
add_image(json_t *record, const char *url, struct image *image)
{
	autofree char *digest = spool_digest(&image->aci);
	autofree char *shown = escape(url);
	json_t *member;

	spool_name(&image->aci);
	member = json_pack(
	    "{ss,ss,ss}", "url", url, "aci", image->aci.path, "digest", digest);
	if (member == NULL)
		filter_failx(EX_DATAERR, "%s: path is not UTF-8", shown);
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
own_signature(int fd, struct image *image)
{
	if (fd < 0)
		return;
	spool_open(&image->asc, NULL);
	image_copy(fd, opts.signature, SMALL_MAX, &image->asc);
}

/*
 * Adds the member fetch: the image from there, or the store's if it is the
 * same.  Returns 0, or an exit status with *why.  A signature that is open
 * already takes the place of a downloaded one.
 */
static int
from_place(struct web *web, json_t *record, const struct place *place,
    int signature, char **why)
{
	struct image image = IMAGE_NONE;
	struct known known;
	int status = 0;

	known_take(place->aci, will_do(), &known);
	if (!known.fresh) {
		const struct download what = { .place = place,
			.with_signature = place->asc != NULL &&
					  !opts.no_signature && signature < 0,
			.etag = known.id == NULL ? NULL : known.etag,
			.limits = &opts.limits };

		announce("fetching image from", place->aci);
		status = download_image(web, &what, &image, why);
	}
	/* What anybody could have said is not to be believed for long. */
	if ((opts.flags & WEB_NO_TLS_CHECK) != 0)
		image_forget(&image);
	if (status == 0 && (known.fresh || image.unchanged)) {
		add_known(record, place->aci, &known, &image);
	} else if (status == 0) {
		own_signature(signature, &image);
		add_image(record, place->aci, &image);
	} else {
		known_release();
	}
	image_free(&image);
	known_free(&known);
	return status;
}

/* From one after the other, until one has it all; the last failure is ours. */
static void
from_places(struct web *web, json_t *record, struct places *places)
{
	autofd int signature = open_signature();

	known_open();
	for (size_t i = 0; i < places->count; i++)
		keeper_expect(places->list[i].aci);
	keeper_confine(&confine_web);
	for (size_t i = 0; i < places->count; i++) {
		autofree char *why = NULL;
		autofree char *shown = NULL;
		int status =
		    from_place(web, record, &places->list[i], signature, &why);

		if (status == 0)
			break;
		shown = escape(why);
		if (i + 1 == places->count)
			filter_failx(status, "%s", shown);
		warnx("%s, trying the next", shown);
	}
	places_free(places);
}

static void
from_file(json_t *record, const char *path)
{
	autofree char *real = realpath(path, NULL);
	autofree char *url = xasprintf("file://%s", real != NULL ? real : path);
	autofd int signature = open_signature();
	autofd int fd = image_open(path);
	struct image image = IMAGE_NONE;

	if (!opts.no_signature && signature < 0)
		signature = image_open_signature(path);
	keeper_confine(&confine_copy);
	announce("using image from file", path);
	spool_open(&image.aci, "sha512");
	image_copy(fd, path, opts.limits.size, &image.aci);
	own_signature(signature, &image);
	add_image(record, url, &image);
	image_free(&image);
}

static void
from_registry(struct web *web, json_t *record, const struct ref *ref)
{
	bool other = opts.platform.os != NULL;
	const struct oci_image_options options = { .flags = opts.flags,
		.no_signature = opts.no_signature,
		.signature = opts.signature,
		.platform = other ? &opts.platform : NULL,
		.size = opts.limits.size,
		.seconds = opts.limits.seconds,
		/* What the store remembers is this host's. */
		.as = other ? KNOWN_NOT : will_do() };
	struct oci_image *image = oci_image_open(web, &ref->docker, &options);

	if (oci_image_is_fresh(image))
		say_fresh(ref->text);
	else
		announce("fetching image from", ref->text);
	(void)json_object_set_new(record, "fetch", oci_image_fetch(image));
}

static void
from_url(struct web *web, json_t *record, const char *url)
{
	struct places places;

	places_named(&places, url);
	from_places(web, record, &places);
}

/*
 * Layouts and archives have a program of their own: what reads archives is
 * not to be in the process that speaks with servers.  It gets the record anew.
 */
static _Noreturn void
become_local(const json_t *record)
{
	autofree char *program = prog_sibling("aci-local");
	autofree char *line = record_line(record);
	autofree char *size =
	    xasprintf("--max-size=%lld", (long long)opts.limits.size);
	autofree char *signature = xasprintf("--signature=%s", opts.signature);
	char no_signature[] = "--no-signature";
	char *argv[] = { program, size, opts.no_signature ? no_signature : NULL,
		NULL };
	int pipe[2];

	if (opts.signature != NULL)
		argv[2] = signature;
	/* A record fits a pipe: nobody waits. */
	if (pipe2(pipe, O_CLOEXEC) < 0 ||
	    write_all(pipe[1], line, strlen(line)) < 0 ||
	    dup2(pipe[0], STDIN_FILENO) < 0)
		filter_fail(EX_OSERR, "%s", program);
	(void)close(pipe[1]);
	(void)execv(program, argv);
	filter_fail(EX_OSERR, "%s", program);
}

/* From what the record's image names by itself. */
static void
from_reference(struct web *web, json_t *record, const char *text)
{
	autofree char *shown = escape(text);
	autofree char *path = NULL;
	char *why = NULL;
	struct ref ref = { 0 };

	if (ref_parse(text, &ref, &why) < 0)
		filter_failx(EX_USAGE, "%s: %s", shown, why);
	path = ref.kind == REF_FILE ? xstrdup(text) : url_path(text);
	if (ref.path != NULL)
		become_local(record);
	if (ref.kind == REF_DOCKER)
		from_registry(web, record, &ref);
	else if (path != NULL)
		from_file(record, path);
	else if (ref.kind == REF_URL && url_is_remote(text))
		from_url(web, record, text);
	else
		filter_failx(EX_USAGE,
		    "%s: neither a URL nor a file of this host", shown);
	ref_free(&ref);
}

/* The client is made while whoever writes the record is still at work. */
static json_t *
fetch_found(void)
{
	struct web *web = web_open(opts.flags);
	json_t *record = filter_read();
	const char *image = record_string(record, "image");
	struct places places;

	if (record_get(record, "discover") != NULL) {
		if ((opts.flags & WEB_HTTP) != 0)
			warnx("warning: discovery and download over http have "
			      "been allowed");
		places_discovered(
		    &places, record, (opts.flags & WEB_HTTP) != 0);
		from_places(web, record, &places);
	} else if (image != NULL)
		from_reference(web, record, image);
	else
		filter_failx(EX_DATAERR, "stdin: neither discover nor image");
	web_close(web);
	return record;
}

static json_t *
fetch_named(const char *text)
{
	autofree char *shown = escape(text);
	json_t *record = json_pack("{si,ss}", "v", 1, "image", text);
	bool remote = url_is_remote(text) || strncmp(text, "docker:", 7) == 0;
	struct web *web = remote ? web_open(opts.flags) : NULL;

	if (record == NULL)
		filter_failx(EX_USAGE, "%s: not UTF-8", shown);
	from_reference(web, record, text);
	web_close(web);
	return record;
}

int
main(int argc, char **argv)
{
	autojson json_t *record = NULL;

	prog_start();
	confine_note();
	options_read(argc, argv, &opts);
	filter_start("fetch", false);
	if ((opts.flags & WEB_NO_TLS_CHECK) != 0)
		warnx("warning: TLS verification has been disabled");
	if (opts.mode != FETCH_IMAGE && (opts.flags & WEB_HTTP_KEYS) != 0)
		warnx("warning: keys over http have been allowed");
	switch (opts.mode) {
	case FETCH_KEY:
		record = json_pack("{si}", "v", 1);
		keys_fetch_named(
		    record, argv + optind, (size_t)(argc - optind), opts.flags);
		break;
	case FETCH_KEYS:
		record = filter_read();
		keys_fetch_discovered(record, opts.flags);
		break;
	case FETCH_IMAGE:
		record =
		    optind < argc ? fetch_named(argv[optind]) : fetch_found();
		break;
	}
	filter_write(record);
	prog_finish();
	return 0;
}
