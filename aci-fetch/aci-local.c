/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aci-local - from a layout or archive of this host to files in the store's tmp
 *
 *	aci-discover IMAGE | aci-local [OPTION…]
 *
 * What aci-fetch becomes for such an image:
 *
 * 1. open the layout or archive, and the signature; then give up all rights but
 *    those of reading it and of writing in the store's tmp
 * 2. find the image that is meant; check what has a digest
 * 3. give its files, which had none so far, their names; print the record
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "actype.h"
#include "alloc.h"
#include "config.h"
#include "confine.h"
#include "escape.h"
#include "filter.h"
#include "found.h"
#include "keeper.h"
#include "members.h"
#include "num.h"
#include "pair.h"
#include "parcel.h"
#include "path.h"
#include "prog.h"
#include "record.h"
#include "ref.h"
#include "scope.h"
#include "store.h"
#include "usage.h"

static struct {
	bool no_signature;
	const char *signature;
	int64_t size; /* bytes of all that is read */
} opts = { .size = 16LL << 30 };

static const char usage[] =
    "usage: aci-local [OPTION…]\n"
    "Fetches the image that the record on stdin names from an OCI layout or "
    "an\n"
    "archive.\n\n"
    "      --no-signature    it need not have one\n"
    "      --signature=FILE  take this one\n"
    "      --max-size=BYTES  of all that is read (17179869184)\n"
    "  -h, --help            print this\n"
    "      --version         print the version\n";

/* What is open when all rights are gone. */
struct local {
	struct ref ref;
	char *shown; /* what messages call the layout or archive */
	char *url;
	int fd;        /* of the archive, or of the directory */
	int signature; /* -1: none */
	int cas;
};

static void
open_place(struct local *local)
{
	struct ref *ref = &local->ref;
	char *real;

	local->shown = escape(ref->path);
	if (ref->kind == REF_OCI)
		local->fd = open(ref->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	else
		local->fd = pair_open(ref->path);
	local->url = local->fd < 0 ? NULL : ref_url(ref);
	if (local->url == NULL)
		filter_fail(errno == ENOENT ? EX_NOINPUT : EX_DATAERR, "%s",
		    local->shown);
	/* An image without a name is called after the file. */
	real = realpath(ref->path, NULL);
	free(ref->path);
	ref->path = real;
}

/* Beside a layout or archive nobody looks for a signature. */
static void
open_signature(struct local *local)
{
	if (opts.signature != NULL)
		local->signature = pair_open(opts.signature);
	else if (!opts.no_signature)
		filter_failx(EX_DATAERR,
		    "%s: image is not signed: there is no --signature=FILE",
		    local->shown);
}

/* Nothing is opened by name from here on but what the keeper shares. */
static struct members *
open_members(const struct local *local)
{
	struct confine plan = confine_copy;

	if (local->ref.kind == REF_OCI) {
		keeper_share(local->fd);
		keeper_confine(&plan);
		return members_of_directory(local->shown, opts.size);
	}
	/* What it holds that is small, and the dictionary of an xz -9. */
	plan.memory += (size_t)96 * 1024 * 1024;
	confine_keep(local->fd);
	keeper_confine(&plan);
	return members_of_archive(local->fd, local->shown, opts.size);
}

/* What the configuration says of the layers. */
static void
read_diff_ids(const struct members *members, struct parcel *parcel)
{
	size_t length = 0;
	autofree char *bytes =
	    path_read_fd(parcel->config.fd, OCI_CONFIG_MAX, &length);
	autofree char *why = NULL;
	struct image_config *config;

	if (bytes == NULL)
		members_refuse(members, "config", strerror(errno));
	config = config_parse(bytes, length, &why);
	if (config == NULL)
		members_refuse(members, "config", why);
	if (config->diff_ids.count != parcel->oci->layer_count)
		members_refuse(members, "config",
		    "rootfs.diff_ids: not as many as there are layers");
	parcel->diff_ids = config->diff_ids;
	config->diff_ids = (struct strings){ 0 };
	config_free(config);
}

static void
take_layer(struct members *members, const struct oci_blob *blob,
    const char *name, struct spool *spool)
{
	autofree char *digest = NULL;

	if (members_take(members, name, spool, &digest) < 0)
		members_refuse(members, name, "is missing");
	if (strcmp(digest, blob->digest) != 0 || spool->size != blob->size)
		filter_failx(EX_DATAERR,
		    "%s: blob %.23s...: its digest is %.23s...",
		    members_shown(members), blob->digest, digest);
}

/* The member fetch. */
static json_t *
fetch(struct local *local)
{
	struct members *members = open_members(local);
	struct found found = { .parcel = parcel_new() };
	struct parcel *parcel = found.parcel;
	json_t *member;

	if (local->ref.kind == REF_DOCKER_ARCHIVE)
		saved_find(members, &local->ref, &found);
	else
		layout_find(members, &local->ref, &found);
	read_diff_ids(members, parcel);
	for (size_t i = 0; i < parcel->oci->layer_count; i++)
		if (!parcel_has_layer(parcel, local->cas, i))
			take_layer(members, &parcel->oci->layers[i],
			    found.layers[i], &parcel->layers[i]);
	if (local->signature >= 0) {
		spool_open(&parcel->signatures[0], NULL);
		pair_copy(local->signature, opts.signature, SMALL_MAX,
		    &parcel->signatures[parcel->signature_count++]);
	}
	member = parcel_member(parcel, local->url);
	(void)json_object_set_new(
	    member, "reference", json_string(found.reference));
	found_free(&found);
	members_free(members);
	return member;
}

static void
set_option(int option)
{
	uint64_t number = 0;

	switch (option) {
	case 'n':
		opts.no_signature = true;
		break;
	case 'S':
		opts.signature = optarg;
		break;
	case 's':
		if (num_parse(optarg, 1, INT64_MAX, &number) < 0)
			usage_wrong(usage);
		opts.size = (int64_t)number;
		break;
	}
}

static void
read_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "no-signature", no_argument, NULL, 'n' },
		{ "signature", required_argument, NULL, 'S' },
		{ "max-size", required_argument, NULL, 's' },
		USAGE_OPTIONS,
	};
	int option;

	while ((option = usage_option(argc, argv, "+h", options, usage)) != -1)
		set_option(option);
	if (optind < argc || (opts.no_signature && opts.signature != NULL))
		usage_wrong(usage);
}

static void
fetch_named(json_t *record)
{
	const char *image = record_string(record, "image");
	autofree char *shown = escape(image);
	struct local local = { .signature = -1, .cas = -1 };
	char *why = NULL;

	if (image == NULL)
		filter_failx(EX_DATAERR, "stdin: the record has no image");
	if (ref_parse(image, &local.ref, &why) < 0)
		filter_failx(EX_USAGE, "%s: %s", shown, why);
	if (local.ref.path == NULL)
		filter_failx(
		    EX_USAGE, "%s: neither a layout nor an archive", shown);
	/* While the kernel can be asked. */
	(void)host_arch();
	open_place(&local);
	open_signature(&local);
	local.cas = store_open();
	warnx("using image from %s %s",
	    local.ref.kind == REF_OCI ? "layout" : "file", local.shown);
	if (opts.no_signature)
		warnx("warning: signature verification has been disabled");
	(void)json_object_set_new(record, "fetch", fetch(&local));
	ref_free(&local.ref);
	free(local.shown);
	free(local.url);
}

int
main(int argc, char **argv)
{
	autojson json_t *record = NULL;

	prog_start();
	confine_note();
	read_options(argc, argv);
	filter_start("fetch", false);
	record = filter_read();
	fetch_named(record);
	filter_write(record);
	prog_finish();
	return 0;
}
