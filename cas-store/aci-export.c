/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aci-export - an image of the store as a file or directory for others
 *
 *	aci-export [--format=FORMAT] [OPTION…] IMAGE FILE|DIR
 *
 * Not a word of cas-store's, which is static and short of libraries: here
 * libarchive writes tars, and libcrypto says the digests of OCI.
 *
 * 1. find the image; look whether something stands where it is to go
 * 2. write it out under no name, or another one
 * 3. give it its name
 */

#include <err.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "alloc.h"
#include "archiver.h"
#include "export.h"
#include "lookup.h"
#include "ociconfig.h"
#include "prog.h"
#include "scope.h"
#include "usage.h"

enum format { ACI, OCI, OCI_ARCHIVE, DIRECTORY };

static const char *const formats[] = {
	[ACI] = "aci",
	[OCI] = "oci",
	[OCI_ARCHIVE] = "oci-archive",
	[DIRECTORY] = "directory",
};

static struct {
	enum format format;
	bool overwrite;
	bool alone;
	bool bare;
	bool devices;
} opts;

static const char usage[] =
    "usage: aci-export [OPTION…] IMAGE FILE|DIR\n"
    "Writes a stored image to a file (- is stdout) or directory.\n\n"
    "      --format=FORMAT  aci: one archive, with its dependencies; oci: a "
    "layout,\n"
    "                       DIR; oci-archive: the same in a tar; directory: "
    "its files\n"
    "      --overwrite      what is there already\n"
    "      --alone          of an image with dependencies only its own files\n"
    "      --rootfs-only    directory: without the manifest\n"
    "      --devices        directory: device nodes too\n"
    "  -h, --help           print this\n"
    "      --version        print the version\n";

static enum format
parse_format(const char *text)
{
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
		if (strcmp(formats[i], text) == 0)
			return (enum format)i;
	usage_wrong(usage);
}

static void
set_option(int option)
{
	switch (option) {
	case 'f':
		opts.format = parse_format(optarg);
		break;
	case 'o':
		opts.overwrite = true;
		break;
	case 'a':
		opts.alone = true;
		break;
	case 'r':
		opts.bare = true;
		break;
	case 'd':
		opts.devices = true;
		break;
	}
}

static void
read_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "format", required_argument, NULL, 'f' },
		{ "overwrite", no_argument, NULL, 'o' },
		{ "alone", no_argument, NULL, 'a' },
		{ "rootfs-only", no_argument, NULL, 'r' },
		{ "devices", no_argument, NULL, 'd' },
		USAGE_OPTIONS,
	};
	int option;

	while ((option = usage_option(argc, argv, "+h", options, usage)) != -1)
		set_option(option);
	if (argc - optind != 2 ||
	    (opts.format != DIRECTORY && (opts.bare || opts.devices)))
		usage_wrong(usage);
}

static _Noreturn void
refuse(const struct fault *fault)
{
	errx(fault->status, "%s", fault->why);
}

static int
write_archive(struct export *image, struct target *target)
{
	struct layout layout = { .dir = -1,
		.archiver = archiver_start(target->fd, image->fault),
		.fault = image->fault };
	int result;

	if (layout.archiver == NULL)
		return -1;
	result = export_layout(image, &layout);
	return archiver_finish(layout.archiver, result == 0) < 0 ? -1 : result;
}

static int
write_layout(struct export *image, struct target *target)
{
	struct layout layout = { .dir = target->fd, .fault = image->fault };

	/* Unlike a directory of files, of which some may be setuid. */
	if (fchmod(target->fd, 0755) < 0)
		return fault_errno(image->fault, "chmod");
	return export_layout(image, &layout);
}

static int
write_directory(struct export *image, struct target *target)
{
	unsigned left_out = 0;
	int result = export_directory(
	    image, target->fd, opts.bare, opts.devices ? NULL : &left_out);

	if (result == 0 && left_out > 0)
		warnx("%u devices left out", left_out);
	if (opts.bare)
		target->inner = "rootfs";
	return result;
}

/* Where it goes, of the kind that the format is. */
static int
open_target(struct target *target, const char *path, struct fault *fault)
{
	if (opts.format == OCI || opts.format == DIRECTORY)
		return target_directory(target, path, opts.overwrite, fault);
	return target_file(target, path, opts.overwrite,
	    opts.format == ACI ? "output ACI file" : "output file", fault);
}

static int
write_image(struct export *image, struct target *target)
{
	static int (*const writers[])(struct export *, struct target *) = {
		[OCI] = write_layout,
		[OCI_ARCHIVE] = write_archive,
		[DIRECTORY] = write_directory,
	};
	const char *unsaid = ociconfig_unsaid(image->manifest);

	if (unsaid != NULL &&
	    (opts.format == OCI || opts.format == OCI_ARCHIVE))
		warnx("%s left out: OCI cannot say them", unsaid);
	return opts.format == ACI ? export_aci(image, target->fd)
				  : writers[opts.format](image, target);
}

int
main(int argc, char **argv)
{
	struct fault fault = { 0 };
	struct target target;
	struct export image;
	char key[KEY_TEXT];
	int cas;

	prog_start();
	read_options(argc, argv);
	cas = lookup_store();
	if (!lookup_image(cas, argv[optind], key))
		return EX_NOINPUT;
	if (export_open(&image, cas, key, opts.alone, &fault) < 0 ||
	    open_target(&target, argv[optind + 1], &fault) < 0 ||
	    write_image(&image, &target) < 0 ||
	    target_finish(&target, &fault) < 0)
		refuse(&fault);
	target_close(&target);
	export_close(&image);
	(void)close(cas);
	return 0;
}
