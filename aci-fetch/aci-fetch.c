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
 * 2. try the endpoints in their order, each for the image and its signature
 * 3. give the files, which had none so far, their names; print the record
 */

#include <err.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "aci-image.h"
#include "alloc.h"
#include "confine.h"
#include "endpoints.h"
#include "escape.h"
#include "filter.h"
#include "keys.h"
#include "oci-image.h"
#include "options.h"
#include "prog.h"
#include "publish.h"
#include "record.h"
#include "ref.h"
#include "scope.h"
#include "url.h"
#include "web.h"

static struct options opts;

static void
from_url(struct web *web, json_t *record, const char *url)
{
	struct endpoints endpoints;

	if (url_has_user(url))
		filter_failx(EX_USAGE,
		    "the URL holds a user name or password: auth.d is for it");
	endpoints_named(&endpoints, url);
	aci_image_from_servers(record, web, &opts, &endpoints);
	endpoints_free(&endpoints);
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
		oci_image_from_registry(record, web, &opts, &ref);
	else if (path != NULL)
		aci_image_from_file(record, &opts, path);
	else if (ref.kind == REF_URL && url_is_remote(text))
		from_url(web, record, text);
	else
		filter_failx(EX_USAGE,
		    "%s: neither a URL nor a file of this host", shown);
	ref_free(&ref);
}

static void
from_endpoints(struct web *web, json_t *record)
{
	bool http = (opts.flags & WEB_HTTP) != 0;
	struct endpoints endpoints;

	if (http)
		warnx("warning: discovery and download over http have been "
		      "allowed");
	endpoints_discovered(&endpoints, record, http);
	aci_image_from_servers(record, web, &opts, &endpoints);
	endpoints_free(&endpoints);
}

/* The client is made while whoever writes the record is still at work. */
static json_t *
fetch_found(void)
{
	struct web *web = web_open(opts.flags);
	json_t *record = filter_read();
	const char *image = record_string(record, "image");

	if (record_get(record, "discover") != NULL)
		from_endpoints(web, record);
	else if (image != NULL)
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
