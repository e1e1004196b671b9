/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cas-check - is the store still what was put into it?
 *
 *	cas-check [--report] [IMAGE…]		(as "cas-store check" too)
 *
 * First the blobs are hashed, each once; then, image by image, what is known
 * of it is held to its archive, and its index is written, or its tree
 * unpacked, once more and compared.  What is damaged is named, and taken out of
 * the store: then the image is not there, until it is fetched again.
 *
 * A program of its own, because libcrypto would make cas-store slow to start.
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "alloc.h"
#include "audit.h"
#include "dirs.h"
#include "image.h"
#include "lookup.h"
#include "path.h"
#include "prog.h"
#include "record.h"
#include "scope.h"
#include "string-list.h"
#include "usage.h"
#include "withdraw.h"

static const char usage[] =
    "usage: cas-check [-q] [--report] [IMAGE...]\n"
    "Is the store still what was put into it?  (cas-store check)\n\n"
    "  -q, --quiet       say nothing of what is sound\n"
    "      --report      name what is damaged, and leave it there\n"
    "  -h, --help\n"
    "      --version\n";

struct check {
	bool quiet;
	bool report;
	int cas;
	int tmp;
	struct strings blobs; /* to be hashed, each once */
	size_t faults;
};

static void
parse_options(int argc, char *argv[], struct check *check)
{
	static const struct option options[] = {
		{ "quiet", no_argument, NULL, 'q' },
		{ "report", no_argument, NULL, 'r' },
		USAGE_OPTIONS,
	};

	for (int c; (c = usage_option(argc, argv, "qh", options, usage)) != -1;)
		switch (c) {
		case 'q':
			check->quiet = true;
			break;
		case 'r':
			check->report = true;
			break;
		}
}

/* Names a fault; true if something is to be done about it. */
static bool
name_fault(struct check *check, struct fault *fault)
{
	bool damaged = audit_is_damaged(fault);

	warnx("%s", fault->why);
	free(fault->why);
	*fault = (struct fault){ 0 };
	check->faults++;
	return damaged && !check->report;
}

static void
withdrawn(int result, const char *what)
{
	if (result < 0)
		err(EX_IOERR, "%s", what);
}

static int
add_blobs(int cas, const char *key, void *data)
{
	struct check *check = data;
	autojson json_t *info = image_load(cas, key);
	const json_t *device;
	size_t i;

	json_array_foreach(record_get(info, "root.devices"), i, device)
	{
		const char *path = json_string_value(device);
		const char *slash = path == NULL ? NULL : strrchr(path, '/');

		if (slash != NULL && store_is_blob(slash + 1))
			strings_add(&check->blobs, slash + 1);
	}
	return 0;
}

/* Its images will say that it is missing. */
static void
check_blob(struct check *check, const char *blob)
{
	autofree char *path = store_blob(blob);
	autofree char *entries = store_entries(blob);
	struct fault fault = { 0 };

	if (faccessat(check->cas, path, F_OK, 0) < 0)
		return;
	if (audit_blob(check->cas, blob, &fault) < 0) {
		if (name_fault(check, &fault))
			withdrawn(withdraw_file(check->cas, path), path);
	} else if (audit_entries(check->cas, check->tmp, blob, &fault) < 0 &&
		   name_fault(check, &fault)) {
		withdrawn(withdraw_file(check->cas, entries), entries);
	}
}

static void
check_blobs(struct check *check)
{
	struct strings *blobs = &check->blobs;

	strings_sort(blobs);
	for (size_t i = 0; i < blobs->count; i++)
		if (i == 0 || strcmp(blobs->list[i], blobs->list[i - 1]) != 0)
			check_blob(check, blobs->list[i]);
}

static int
check_image(int cas, const char *key, void *data)
{
	struct check *check = data;
	struct fault fault = { 0 };

	if (audit_record(cas, key, &fault) < 0) {
		bool incomplete = audit_is_incomplete(&fault);

		if (name_fault(check, &fault))
			withdrawn(withdraw_record(cas, key), key);
		/* Its mount has what is gone. */
		if (incomplete && !check->report)
			withdrawn(withdraw_root(cas, key), key);
	} else if (audit_root(cas, check->tmp, key, &fault) != 0) {
		if (name_fault(check, &fault))
			withdrawn(withdraw_root(cas, key), key);
	} else if (!check->quiet) {
		(void)printf("%s\n", key);
	}
	return 0;
}

static void
check_remotes(struct check *check)
{
	autofd int fd = store_dir(check->cas, "remote");
	autodir DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (dir == NULL)
		err(EX_IOERR, "%s/cas/remote", dirs_data());
	(void)take_fd(&fd);
	for (const struct dirent *e; (e = readdir(dir)) != NULL;) {
		autofree char *path = xasprintf("remote/%s", e->d_name);
		struct fault fault = { 0 };

		if (*e->d_name != '.' &&
		    audit_remote(check->cas, e->d_name, &fault) < 0 &&
		    name_fault(check, &fault))
			withdrawn(withdraw_file(check->cas, path), path);
	}
}

static void
check_all(struct check *check)
{
	if (image_each(check->cas, add_blobs, check) < 0)
		err(EX_IOERR, "%s/cas/image", dirs_data());
	check_blobs(check);
	if (image_each(check->cas, check_image, check) < 0)
		err(EX_IOERR, "%s/cas/image", dirs_data());
	check_remotes(check);
}

static void
check_some(struct check *check, char **names, size_t count)
{
	char(*keys)[KEY_TEXT] = xcalloc(count, sizeof *keys);

	for (size_t i = 0; i < count; i++) {
		if (!lookup_image(check->cas, names[i], keys[i]))
			exit(EX_NO);
		(void)add_blobs(check->cas, keys[i], check);
	}
	check_blobs(check);
	for (size_t i = 0; i < count; i++)
		(void)check_image(check->cas, keys[i], check);
	free(keys);
}

int
main(int argc, char *argv[])
{
	struct check check = { 0 };
	autofd int lock = -1;

	prog_start();
	parse_options(argc, argv, &check);
	check.cas = lookup_store();
	check.tmp = store_dir(check.cas, "tmp");
	/* What is looked at is not removed meanwhile. */
	lock = store_lock(check.cas, STORE_SHARED);
	if (check.tmp < 0 || lock < 0)
		err(EX_CANTCREAT, "%s/cas", dirs_data());
	if (optind < argc)
		check_some(&check, argv + optind, (size_t)(argc - optind));
	else
		check_all(&check);
	strings_free(&check.blobs);
	prog_finish();
	return check.faults > 0 ? EX_NO : 0;
}
