/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aci-verify - check a downloaded image's signature
 *
 *	aci-verify < RECORD > RECORD
 *
 * Reads a record with "fetch", looks at the signature's frame, collects the
 * keys that are trusted for the image's name, has gpg check the file with
 * those alone, judges what gpg says, and adds "verify", whose digest is that
 * of the very bytes that gpg saw.
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "actype.h"
#include "check.h"
#include "dirs.h"
#include "escape.h"
#include "filter.h"
#include "home.h"
#include "keystore.h"
#include "openpgp.h"
#include "path.h"
#include "prog.h"
#include "record.h"
#include "scope.h"
#include "stored.h"
#include "verdict.h"

static void
print_usage(FILE *out)
{
	(void)fprintf(out, "usage: aci-verify [-h] [--version] < record\n");
}

static void
read_options(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};

	for (int c; (c = getopt_long(argc, argv, "+h", options, NULL)) != -1;) {
		if (c == 'h')
			print_usage(stdout);
		else if (c == 'V')
			(void)printf("aci-verify %s\n", RKT_VERSION);
		else
			print_usage(stderr);
		if (c == '?')
			exit(EX_USAGE);
		prog_finish();
		exit(0);
	}
	if (optind < argc) {
		print_usage(stderr);
		exit(EX_USAGE);
	}
}

/* What messages call the image, escaped; the caller frees it. */
static char *
title_of(const json_t *record)
{
	const char *title = record_string(record, "discover.name");

	if (title == NULL)
		title = record_string(record, "image");
	return escape(title == NULL ? "image" : title);
}

/* Ends the process: nothing there, or not to be read. */
static _Noreturn void
fail_path(const char *path)
{
	autofree char *shown = escape(path);

	filter_fail(errno == ENOENT ? EX_NOINPUT : EX_IOERR, "%s", shown);
}

/* The downloaded file, which is opened once for all that is done to it. */
static int
open_image(const json_t *record)
{
	const char *path = record_string(record, "fetch.aci");
	struct stat file;
	int fd = path == NULL
		     ? -1
		     : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (path == NULL)
		filter_failx(EX_DATAERR, "record: no fetch.aci");
	if (fd < 0 || fstat(fd, &file) < 0)
		fail_path(path);
	if (!S_ISREG(file.st_mode))
		filter_failx(EX_DATAERR, "record: fetch.aci is not a file");
	return fd;
}

static struct openpgp
read_signature(const json_t *record, const char *title)
{
	const char *path = record_string(record, "fetch.asc");
	autofree char *text = NULL;
	struct openpgp signature;
	const char *why;
	size_t length = 0;

	if (path == NULL)
		filter_failx(EX_DATAERR, "%s: no signature", title);
	text = path_read(AT_FDCWD, path, OPENPGP_MAX, &length);
	if (text == NULL && errno == EFBIG)
		filter_failx(EX_DATAERR, "%s: signature longer than %d bytes",
		    title, OPENPGP_MAX);
	if (text == NULL) {
		autofree char *shown = escape(path);

		filter_fail(
		    errno == ENOENT ? EX_NOINPUT : EX_IOERR, "%s", shown);
	}
	why = openpgp_signature(text, length, &signature);
	if (why == NULL)
		return signature;
	if (length == 0)
		filter_failx(EX_DATAERR, "%s: no signature", title);
	filter_failx(EX_DATAERR, "%s: signature: %s", title, why);
}

/* A file that bears the name of another key is a mistake, or worse. */
static void
check_fingerprints(const struct keystore *store)
{
	for (size_t i = 0; i < store->count; i++) {
		const struct trusted_key *key = &store->keys[i];
		autofree char *real = openpgp_fingerprint(&key->key);
		autofree char *path = escape(key->path);

		if (real == NULL || strcmp(real, key->fingerprint) != 0)
			filter_failx(EX_CONFIG, "%s: holds another key: %s",
			    path, real == NULL ? "unknown" : real);
	}
}

static struct keystore
read_keys(const json_t *record)
{
	const char *name = record_string(record, "discover.name");
	const char *wrong = name == NULL ? NULL : acidentifier_check(name);
	struct keystore store;
	char *why = NULL;

	if (wrong != NULL)
		filter_failx(EX_DATAERR, "record: discover.name: %s", wrong);
	if (keystore_read(name, &store, &why) < 0)
		filter_failx(EX_CONFIG, "%s", why);
	check_fingerprints(&store);
	return store;
}

/* The facts about the file and its signature; its home is gone by then. */
static json_t *
run_check(int file, const struct openpgp *signature,
    const struct keystore *store, const char *title)
{
	struct home home;
	struct check check = { file, signature, &home, store };
	autofree char *failed = NULL;
	const char *why = NULL;
	json_t *facts;

	if (home_make(&home, store, &failed) < 0) {
		autofree char *shown = escape(failed);

		if (errno == EBADMSG)
			filter_failx(EX_CONFIG,
			    "%s: the store of another rkt (cas/db)", shown);
		filter_fail(EX_CANTCREAT, "%s", shown);
	}
	facts = check_run(&check, &why);
	home_remove(&home);
	if (facts == NULL)
		filter_failx(EX_DATAERR, "%s: signature: %s", title, why);
	return facts;
}

/* The downloader hashed the file too: both must have seen the same. */
static void
compare_digest(const json_t *record, const json_t *facts, const char *title)
{
	const char *fetched = record_string(record, "fetch.digest");
	const char *verified = record_string(facts, "digest");

	if (verified == NULL)
		filter_failx(
		    EX_DATAERR, "%s: the file was not read to its end", title);
	if (fetched != NULL && strcmp(fetched, verified) != 0)
		filter_failx(EX_DATAERR,
		    "%s: the file has changed since it was fetched", title);
}

static json_t *
receipt(const json_t *facts, const json_t *key, const struct keystore *store)
{
	const char *fingerprint = record_string(key, "fingerprint");
	const char *first = json_string_value(
	    json_array_get(json_object_get(key, "identities"), 0));

	return json_pack("{ss ss ss so}", "digest",
	    record_string(facts, "digest"), "fingerprint", fingerprint, "uid",
	    first == NULL ? "" : first, "prefixes",
	    keystore_prefixes(store, fingerprint));
}

static void
print_signer(const json_t *key)
{
	const json_t *list = json_object_get(key, "identities");

	warnx("signature verified:");
	for (size_t i = 0; i < json_array_size(list); i++)
		(void)fprintf(stderr, "  %s\n",
		    json_string_value(json_array_get(list, i)));
}

/* The file's receipt, once all about it is as it must be. */
static json_t *
verify_file(
    const json_t *record, const struct keystore *store, const char *title)
{
	autofd int file = open_image(record);
	struct openpgp signature = read_signature(record, title);
	autojson json_t *facts = run_check(file, &signature, store, title);
	struct verdict verdict = verdict_of(facts, store, time(NULL));
	json_t *result;

	if (verdict.status != 0)
		filter_failx(verdict.status, "%s: %s", title, verdict.why);
	compare_digest(record, facts, title);
	result = receipt(facts, verdict.key, store);
	print_signer(verdict.key);
	free(signature.bytes);
	return result;
}

int
main(int argc, char *argv[])
{
	autofree char *title = NULL;
	autojson json_t *record = NULL;
	struct keystore store;

	prog_start();
	read_options(argc, argv);
	filter_start("verify", false);
	record = filter_read();
	filter_own_fetched(record);
	title = title_of(record);
	store = read_keys(record);
	(void)json_object_set_new(record, "verify",
	    stored_wanted(record) ? stored_receipt(record, &store, title)
				  : verify_file(record, &store, title));
	filter_write(record);
	prog_finish();
	keystore_free(&store);
	return 0;
}
