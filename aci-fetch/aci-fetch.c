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
 * 2. try the endpoints in their order: signature first, then the image
 * 3. give the files, which had none so far, their names; print the record
 */

#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "confine.h"
#include "escape.h"
#include "filter.h"
#include "image.h"
#include "keeper.h"
#include "keys.h"
#include "known.h"
#include "num.h"
#include "oci-image.h"
#include "oci.h"
#include "prog.h"
#include "record.h"
#include "ref.h"
#include "scope.h"
#include "spool.h"
#include "url.h"
#include "web.h"

static struct {
	enum { IMAGE, KEYS, KEY } mode;
	unsigned insecure;
	bool no_signature;
	bool no_cache;
	const char *signature;        /* a file in place of the image's own */
	struct oci_platform platform; /* of images that are for several */
	struct image_limits limits;
} opts = { .limits = { .size = 16LL << 30, .seconds = 4LL * 3600 } };

static _Noreturn void
usage(FILE *out, int status)
{
	(void)fputs(
	    "usage: aci-fetch [OPTION…] [URL|PATH]\n"
	    "       aci-fetch [OPTION…] --keys\n"
	    "       aci-fetch [OPTION…] --key URL|PATH…\n"
	    "Downloads the image, or the keys, that the record on stdin or "
	    "the operand names.\n\n"
	    "      --no-signature           do not fetch the signature\n"
	    "      --signature=FILE         take this one\n"
	    "      --no-cache               download what the store has, too\n"
	    "      --keys                   the keys of the record\n"
	    "      --key                    the operands are keys\n"
	    "      --insecure-options=LIST  http: use http endpoints too; "
	    "tls: check no certificate;\n"
	    "                               pubkey: keys by http too\n"
	    "      --platform=OS/ARCH[/VARIANT]  of an image of a registry "
	    "(this host's)\n"
	    "      --max-size=BYTES         of the image (17179869184)\n"
	    "      --max-time=DURATION      for the image (4h)\n"
	    "  -h, --help                   print this\n"
	    "      --version                print the version\n",
	    out);
	exit(status);
}

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

/* A server, and where on it an image is. */
struct place {
	struct web *web;
	bool http; /* it may be such a URL */
	const char *aci;
	const char *asc;
};

/*
 * Adds the member fetch: the image from there, or the store's if it is the
 * same.  Returns 0, or an exit status with *why.  A signature that is open
 * already takes the place of a downloaded one.
 */
static int
from_server(
    json_t *record, const struct place *place, int signature, char **why)
{
	bool with_asc = !opts.no_signature && signature < 0;
	struct image image = IMAGE_NONE;
	struct known known;
	int status = 0;

	known_take(place->aci, will_do(), &known);
	if (!known.fresh) {
		announce("fetching image from", place->aci);
		status = image_download(place->web, place->http, place->aci,
		    with_asc ? place->asc : NULL, &known, &opts.limits, &image,
		    why);
	}
	/* What anybody could have said is not to be believed for long. */
	if ((opts.insecure & WEB_NO_TLS_CHECK) != 0)
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

/* One endpoint.  Returns 0; when it is the last, its failure is ours. */
static int
from_endpoint(struct web *web, json_t *record, size_t i, int signature)
{
	const json_t *endpoints = record_get(record, "discover.endpoints");
	const json_t *endpoint = json_array_get(endpoints, i);
	const struct place place = { .web = web,
		.http = (opts.insecure & WEB_HTTP) != 0,
		.aci = record_string(endpoint, "aci"),
		.asc = record_string(endpoint, "asc") };
	autofree char *why = NULL;
	autofree char *shown = NULL;
	int status;

	if (place.aci == NULL || place.asc == NULL)
		filter_failx(EX_DATAERR, "stdin: discover.endpoints: no URL");
	status = from_server(record, &place, signature, &why);
	if (status == 0)
		return 0;
	shown = escape(why);
	if (i + 1 == json_array_size(endpoints))
		filter_failx(status, "%s", shown);
	warnx("%s, trying the next", shown);
	return -1;
}

/* One after the other, until one has it all. */
static void
from_endpoints(struct web *web, json_t *record)
{
	autofd int signature = open_signature();
	size_t i = 0;

	if (json_array_size(record_get(record, "discover.endpoints")) == 0)
		filter_failx(EX_DATAERR, "stdin: no discover.endpoints");
	known_open();
	keeper_confine(&confine_web);
	while (from_endpoint(web, record, i, signature) != 0)
		i++;
}

/* Who names an http URL has asked for it; a signature protects it. */
static void
from_url(struct web *web, json_t *record, const char *url, int signature)
{
	autofree char *asc = url_swap(url, ".aci", ".aci.asc");
	const struct place place = {
		.web = web, .http = true, .aci = url, .asc = asc
	};
	char *why = NULL;
	int status = from_server(record, &place, signature, &why);

	if (status != 0) {
		autofree char *shown = escape(why);

		filter_failx(status, "%s", shown);
	}
}

static void
from_file(json_t *record, const char *path, int signature)
{
	autofree char *real = realpath(path, NULL);
	autofree char *url = xasprintf("file://%s", real != NULL ? real : path);
	autofd int fd = image_open(path);
	autofd int beside = -1;
	struct image image = IMAGE_NONE;

	if (!opts.no_signature && signature < 0) {
		beside = image_open_signature(path);
		signature = beside;
	}
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
	const struct oci_image_options options = { .flags = opts.insecure,
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

/* The record's image is a place by itself. */
static void
from_place(struct web *web, json_t *record, const char *text)
{
	autofree char *shown = escape(text);
	autofree char *path = NULL;
	autofd int signature = -1;
	struct ref ref = { 0 };
	char *why = NULL;

	if (ref_parse(text, &ref, &why) < 0)
		filter_failx(EX_USAGE, "%s: %s", shown, why);
	if (ref.kind == REF_DOCKER) {
		from_registry(web, record, &ref);
		ref_free(&ref);
		return;
	}
	if (ref.kind == REF_FILE)
		path = xstrdup(text);
	else if (ref.kind == REF_URL && !url_is_remote(text))
		path = url_path(text);
	if (path == NULL && (ref.kind != REF_URL || !url_is_remote(text)))
		filter_failx(EX_USAGE,
		    "%s: neither a URL nor a file of this host", shown);
	ref_free(&ref);
	signature = open_signature();
	if (path != NULL) {
		from_file(record, path, signature);
		return;
	}
	known_open();
	keeper_confine(&confine_web);
	from_url(web, record, text, signature);
}

/* The client is made while whoever writes the record is still at work. */
static json_t *
fetch_found(void)
{
	struct web *web = web_open(opts.insecure);
	json_t *record = filter_read();
	const char *image = record_string(record, "image");

	if (record_get(record, "discover") != NULL)
		from_endpoints(web, record);
	else if (image != NULL)
		from_place(web, record, image);
	else
		filter_failx(EX_DATAERR, "stdin: neither discover nor image");
	web_close(web);
	return record;
}

static json_t *
fetch_place(const char *place)
{
	autofree char *shown = escape(place);
	json_t *record = json_pack("{si,ss}", "v", 1, "image", place);
	bool remote = url_is_remote(place) || strncmp(place, "docker:", 7) == 0;
	struct web *web = remote ? web_open(opts.insecure) : NULL;

	if (record == NULL)
		filter_failx(EX_USAGE, "%s: not UTF-8", shown);
	from_place(web, record, place);
	web_close(web);
	return record;
}

static void
set_limit(int option, const char *text)
{
	uint64_t number = 0;
	int64_t time = 0;

	if (option == 's') {
		if (num_parse(text, 1, INT64_MAX, &number) < 0)
			usage(stderr, EX_USAGE);
		opts.limits.size = (int64_t)number;
		return;
	}
	if (duration_parse(text, &time) < 0 || time < 1000000000)
		usage(stderr, EX_USAGE);
	opts.limits.seconds = time / 1000000000;
}

static void
read_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "no-signature", no_argument, NULL, 'n' },
		{ "no-cache", no_argument, NULL, 'c' },
		{ "signature", required_argument, NULL, 'S' },
		{ "keys", no_argument, NULL, 'K' },
		{ "key", no_argument, NULL, 'k' },
		{ "insecure-options", required_argument, NULL, 'i' },
		{ "platform", required_argument, NULL, 'p' },
		{ "max-size", required_argument, NULL, 's' },
		{ "max-time", required_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "+h", options, NULL)) != -1)
		switch (option) {
		case 'n':
			opts.no_signature = true;
			break;
		case 'c':
			opts.no_cache = true;
			break;
		case 'S':
			opts.signature = optarg;
			break;
		case 'K':
			opts.mode = KEYS;
			break;
		case 'k':
			opts.mode = KEY;
			break;
		case 'i':
			if (web_insecure(optarg, &opts.insecure) < 0)
				usage(stderr, EX_USAGE);
			break;
		case 'p':
			if (oci_platform_parse(optarg, &opts.platform) < 0)
				usage(stderr, EX_USAGE);
			break;
		case 's':
		case 't':
			set_limit(option, optarg);
			break;
		case 'h':
			usage(stdout, 0);
		case 'V':
			(void)puts("aci-fetch " RKT_VERSION);
			prog_finish();
			exit(0);
		default:
			usage(stderr, EX_USAGE);
		}
}

static void
check_operands(int count)
{
	if ((opts.mode == IMAGE && count > 1) ||
	    (opts.mode == KEYS && count > 0) ||
	    (opts.mode == KEY && (count < 1 || count > KEYS_MAX)) ||
	    (opts.no_signature && opts.signature != NULL))
		usage(stderr, EX_USAGE);
}

int
main(int argc, char **argv)
{
	autojson json_t *record = NULL;

	prog_start();
	confine_note();
	read_options(argc, argv);
	check_operands(argc - optind);
	filter_start("fetch", false);
	if ((opts.insecure & WEB_NO_TLS_CHECK) != 0)
		warnx("warning: TLS verification has been disabled");
	switch (opts.mode) {
	case KEY:
		record = json_pack("{si}", "v", 1);
		keys_fetch_named(record, argv + optind, (size_t)(argc - optind),
		    opts.insecure);
		break;
	case KEYS:
		record = filter_read();
		keys_fetch_discovered(record, opts.insecure);
		break;
	case IMAGE:
		record =
		    optind < argc ? fetch_place(argv[optind]) : fetch_found();
		break;
	}
	filter_write(record);
	prog_finish();
	return 0;
}
