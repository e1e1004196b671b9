/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aci-convert - from an image of docker or OCI kind to an App Container
 *
 *	… aci-fetch | aci-verify | aci-convert | cas-put
 *
 * 1. read the record; an image without layers is one already, and goes on
 * 2. open what is needed; then give up all rights but to new files of the
 *    store's tmp
 * 3. check: the manifest's digest is the one that was verified, the manifest
 *    names this configuration and these layers, in this order
 * 4. write the manifest of the App Container; print the record
 *
 * The layers are not looked at: cas-put checks them while it stores them.
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "actype.h"
#include "alloc.h"
#include "appc.h"
#include "config.h"
#include "confine.h"
#include "digest.h"
#include "escape.h"
#include "filter.h"
#include "keeper.h"
#include "oci.h"
#include "path.h"
#include "prog.h"
#include "record.h"
#include "scope.h"
#include "spool.h"
#include "usage.h"

/* What is read, and what it turned out to be. */
struct convert {
	const json_t *record;
	char *manifest; /* bytes of the two documents */
	char *config;
	size_t manifest_length, config_length;
	struct oci_manifest *oci;
	struct image_config *parsed;
	struct docker_ref reference;
};

static const char usage[] =
    "usage: aci-convert [OPTION]\n"
    "Converts the docker or OCI image of the record on stdin.\n\n"
    "  -h, --help     print this\n"
    "      --version  print the version\n";

static void
read_options(int argc, char **argv)
{
	static const struct option options[] = {
		USAGE_OPTIONS,
	};

	while (usage_option(argc, argv, "+h", options, usage) != -1)
		continue;
	if (optind < argc)
		usage_wrong(usage);
}

static const char *
need(const json_t *record, const char *member)
{
	const char *text = record_string(record, member);

	if (text == NULL)
		filter_failx(EX_DATAERR, "stdin: the record has no %s", member);
	return text;
}

static int
open_document(const json_t *record, const char *member)
{
	const char *path = need(record, member);
	autofree char *shown = escape(path);
	/* O_NONBLOCK: it may be a fifo, which must not hold us up. */
	int fd = open(
	    path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		filter_fail(
		    errno == ENOENT ? EX_NOINPUT : EX_IOERR, "%s", shown);
	return fd;
}

static char *
read_document(int fd, const char *what, size_t max, size_t *length)
{
	char *bytes = path_read_fd(fd, max, length);

	if (bytes == NULL && errno == EFBIG)
		filter_failx(EX_DATAERR, "%s: more than %zu bytes", what, max);
	if (bytes == NULL && errno == EINVAL)
		filter_failx(EX_DATAERR, "%s: not a regular file", what);
	if (bytes == NULL)
		filter_fail(EX_IOERR, "%s", what);
	return bytes;
}

static void
read_reference(struct convert *convert)
{
	const char *text = record_string(convert->record, "fetch.reference");
	const char *why = NULL;
	autofree char *shown = NULL;

	if (text == NULL)
		text = need(convert->record, "fetch.url");
	shown = escape(text);
	if (docker_ref_parse(text, &convert->reference, &why) < 0)
		filter_failx(EX_DATAERR, "%s: %s", shown, why);
}

/* Bytes that somebody has vouched for, or at least those that came. */
static void
check_manifest(const struct convert *convert)
{
	const char *verified = record_string(convert->record, "verify.digest");
	const char *fetched = need(convert->record, "fetch.digest");
	autofree char *digest =
	    digest_bytes("sha256", convert->manifest, convert->manifest_length);

	if (json_object_get(convert->record, "verify") != NULL)
		(void)need(convert->record, "verify.digest");
	if (verified != NULL && strcmp(verified, digest) != 0)
		filter_failx(EX_DATAERR,
		    "manifest: changed since it was verified: its digest is "
		    "%.23s...",
		    digest);
	if (strcmp(fetched, digest) != 0)
		filter_failx(EX_DATAERR,
		    "manifest: changed since it was downloaded: its digest is "
		    "%.23s...",
		    digest);
}

static void
check_config(const struct convert *convert)
{
	autofree char *digest =
	    digest_bytes("sha256", convert->config, convert->config_length);

	if (strcmp(convert->oci->config.digest, digest) != 0 ||
	    convert->oci->config.size != (int64_t)convert->config_length)
		filter_failx(EX_DATAERR,
		    "config: not the one that the manifest names: its digest "
		    "is %.23s...",
		    digest);
}

/* Whoever signed it was trusted for some names, as they are written. */
static void
check_signer(const struct convert *convert)
{
	const json_t *prefixes = record_get(convert->record, "verify.prefixes");
	const char *verified = record_string(convert->record, "verify.name");
	autofree char *name = docker_ref_name(&convert->reference);
	size_t i;
	json_t *prefix;

	if (json_object_get(convert->record, "verify") == NULL)
		return;
	if (verified != NULL && strcmp(verified, name) != 0)
		filter_failx(EX_DATAERR,
		    "stdin: verify.name: not the image's, \"%s\"", name);
	json_array_foreach(prefixes, i, prefix)
	{
		const char *text = json_string_value(prefix);

		if (text != NULL && name_has_prefix(name, text))
			return;
	}
	filter_failx(EX_NOPERM,
	    "signed by a key that is not trusted for its name \"%s\"", name);
}

static bool
is_text(const json_t *object, const char *member, const char *wanted)
{
	const char *text = record_string(object, member);

	return text != NULL && strcmp(text, wanted) == 0;
}

/* The record's layers are the manifest's, and what the store has is right. */
static void
check_layers(const struct convert *convert)
{
	const json_t *layers = record_get(convert->record, "fetch.layers");
	const struct oci_manifest *oci = convert->oci;
	const struct strings *ids = &convert->parsed->diff_ids;

	if (json_array_size(layers) != oci->layer_count)
		filter_failx(EX_DATAERR,
		    "stdin: fetch.layers: %zu, and the manifest has %zu",
		    json_array_size(layers), oci->layer_count);
	if (ids->count != oci->layer_count)
		filter_failx(EX_DATAERR,
		    "config: rootfs.diff_ids: %zu, and the manifest has %zu "
		    "layers",
		    ids->count, oci->layer_count);
	for (size_t i = 0; i < ids->count; i++) {
		const json_t *layer = json_array_get(layers, i);

		if (!is_text(layer, "digest", oci->layers[i].digest))
			filter_failx(EX_DATAERR,
			    "stdin: fetch.layers[%zu].digest: not the "
			    "manifest's",
			    i);
		if (json_object_get(layer, "diffID") != NULL &&
		    !is_text(layer, "diffID", ids->list[i]))
			filter_failx(EX_DATAERR,
			    "stdin: fetch.layers[%zu].diffID: not the "
			    "configuration's",
			    i);
	}
}

static void
check(struct convert *convert)
{
	autofree char *why = NULL;

	check_manifest(convert);
	convert->oci = oci_manifest_parse(
	    convert->manifest, convert->manifest_length, &why);
	if (convert->oci == NULL)
		filter_failx(EX_DATAERR, "manifest: %s", why);
	check_config(convert);
	convert->parsed =
	    config_parse(convert->config, convert->config_length, &why);
	if (convert->parsed == NULL)
		filter_failx(EX_DATAERR, "config: %s", why);
	check_layers(convert);
	check_signer(convert);
	if (convert->parsed->left_out_count > 1)
		warnx("config: %s, left out, and %zu more",
		    convert->parsed->left_out,
		    convert->parsed->left_out_count - 1);
	else if (convert->parsed->left_out_count > 0)
		warnx("config: %s, left out", convert->parsed->left_out);
}

static char *
make_manifest(const struct convert *convert)
{
	struct appc_source source = {
		.reference = &convert->reference,
		.config = convert->parsed,
		.manifest_digest =
		    record_string(convert->record, "fetch.digest"),
		.config_digest = convert->oci->config.digest,
		.config_bytes = convert->config,
	};
	autofree char *why = NULL;
	char *bytes = appc_manifest(&source, &why);

	if (bytes == NULL)
		filter_failx(
		    EX_DATAERR, "config: as an App Container: %s", why);
	return bytes;
}

/* The member convert, and the file that it names. */
static json_t *
write_manifest(const struct convert *convert, const char *bytes)
{
	autofree char *digest = digest_bytes("sha512", bytes, strlen(bytes));
	const struct strings *ids = &convert->parsed->diff_ids;
	struct spool spool;
	json_t *layers = json_array();
	json_t *member;

	spool_open(&spool, NULL);
	spool_write(&spool, bytes, strlen(bytes));
	spool_name(&spool);
	for (size_t i = 0; i < ids->count; i++)
		(void)json_array_append_new(layers, json_string(ids->list[i]));
	member = json_pack("{ss,ss,so}", "manifest", spool.path, "digest",
	    digest, "layers", layers);
	spool_close(&spool);
	return member;
}

static void
convert_image(json_t *record)
{
	struct convert convert = { .record = record };
	autofd int manifest = open_document(record, "fetch.manifest");
	autofd int config = open_document(record, "fetch.config");
	autofree char *bytes = NULL;

	keeper_confine(&confine_copy);
	read_reference(&convert);
	convert.manifest = read_document(
	    manifest, "manifest", OCI_MANIFEST_MAX, &convert.manifest_length);
	convert.config = read_document(
	    config, "config", OCI_CONFIG_MAX, &convert.config_length);
	check(&convert);
	bytes = make_manifest(&convert);
	(void)json_object_set_new(
	    record, "convert", write_manifest(&convert, bytes));
	free(convert.manifest);
	free(convert.config);
	oci_manifest_free(convert.oci);
	config_free(convert.parsed);
	docker_ref_free(&convert.reference);
}

int
main(int argc, char **argv)
{
	autojson json_t *record = NULL;

	prog_start();
	confine_note();
	read_options(argc, argv);
	filter_start("convert", false);
	record = filter_take();
	if (!json_is_object(json_object_get(record, "fetch")))
		filter_failx(EX_DATAERR, "stdin: the record has no fetch");
	if (record_get(record, "fetch.layers") != NULL)
		convert_image(record);
	filter_write(record);
	prog_finish();
	return 0;
}
