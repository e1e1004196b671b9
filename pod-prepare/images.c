/* SPDX-License-Identifier: Apache-2.0 */
/* images - the pod's images, as the store has them */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actype.h"
#include "alloc.h"
#include "dirs.h"
#include "escape.h"
#include "filter.h"
#include "image.h"
#include "images.h"
#include "path.h"
#include "prog.h"
#include "record.h"
#include "ref.h"
#include "scope.h"
#include "store.h"

/* More archives lie over one another in no image, and a spill beside them. */
enum { DEVICES_MAX = 128 + 1 };

static _Noreturn void
bad_record(const char *ref, const char *what)
{
	filter_failx(EX_DATAERR, "%s: record: %s", escape(ref), what);
}

/* A member that has to be an absolute path; the caller frees it. */
static char *
record_path(const char *ref, const json_t *record, const char *member)
{
	const char *path = record_string(record, member);

	if (path == NULL || path[0] != '/')
		bad_record(ref, member);
	return xstrdup(path);
}

static void
read_devices(struct image *image, const json_t *record)
{
	const json_t *devices = record_get(record, "store.root.devices");
	const char *path;

	if (json_array_size(devices) > DEVICES_MAX)
		bad_record(image->ref, "too many devices");
	for (size_t i = 0; i < json_array_size(devices); i++) {
		path = json_string_value(json_array_get(devices, i));
		if (path == NULL || path[0] != '/')
			bad_record(image->ref, "store.root.devices");
		strings_add(&image->devices, path);
	}
}

/* The pod's links begin with the key, so its form is looked at. */
static void
read_key(struct image *image, const json_t *record)
{
	const char *id = record_string(record, "store.id");
	const char *key = record_string(record, "store.key");

	if (id == NULL || imageid_check(id) != NULL || strlen(id) < KEY_LENGTH)
		bad_record(image->ref, "store.id");
	if (key == NULL || strlen(key) != KEY_LENGTH ||
	    strncmp(id, key, KEY_LENGTH) != 0)
		bad_record(image->ref, "store.key");
	image->id = xstrdup(id);
	memcpy(image->key, key, sizeof(image->key));
}

static void
read_manifest(struct image *image, const json_t *record)
{
	autofree char *path = record_path(image->ref, record, "store.manifest");
	autofree char *bytes = NULL;
	autofree char *why = NULL;
	size_t length;

	bytes = path_read(AT_FDCWD, path, MANIFEST_MAX, &length);
	if (bytes == NULL)
		filter_fail(errno == ENOENT ? EX_NOINPUT : EX_IOERR,
		    "%s: manifest", escape(image->ref));
	image->manifest = image_manifest_parse(bytes, length, &why);
	if (image->manifest == NULL)
		filter_failx(
		    EX_DATAERR, "%s: manifest: %s", escape(image->ref), why);
	why = image_manifest_unfit(image->manifest);
	if (why != NULL)
		filter_failx(EX_DATAERR, "%s: %s", escape(image->ref), why);
}

/* Why an image of the store has no root file system; NULL if it has one. */
static char *
why_unready(const json_t *record)
{
	const json_t *missing = record_get(record, "store.missing");
	const char *first = json_string_value(json_array_get(missing, 0));
	autofree char *shown = first == NULL ? NULL : escape(first);

	if (shown != NULL)
		return xasprintf("dependency %s is not in the store", shown);
	return record_get(record, "store.root") == NULL
		   ? xstrdup("not rendered yet")
		   : NULL;
}

static void
read_image(struct image *image, const char *ref, const json_t *record)
{
	const char *kind = record_string(record, "store.root.kind");
	autofree char *unready = why_unready(record);

	image->ref = xstrdup(ref);
	read_key(image, record);
	if (unready != NULL)
		filter_failx(EX_NOINPUT, "%s: %s", escape(ref), unready);
	if (kind == NULL ||
	    (strcmp(kind, "tree") != 0 && strcmp(kind, "erofs") != 0))
		bad_record(ref, "store.root.kind");
	image->tree = strcmp(kind, "tree") == 0;
	image->root = record_path(ref, record, "store.root.path");
	read_devices(image, record);
	read_manifest(image, record);
}

static bool
is_ref(const struct strings *refs, const char *text)
{
	for (size_t i = 0; i < refs->count; i++) {
		if (strcmp(refs->list[i], text) == 0)
			return true;
	}
	return false;
}

static const json_t *
record_of(const json_t *records, const char *ref)
{
	for (size_t i = 0; i < json_array_size(records); i++) {
		const json_t *record = json_array_get(records, i);

		if (strcmp(record_string(record, "image"), ref) == 0)
			return record;
	}
	return NULL;
}

/* Exactly the images that the arguments name: none more, and none less. */
static struct image *
match(const struct strings *refs, const json_t *records)
{
	struct image *images = xcalloc(refs->count, sizeof(*images));

	for (size_t i = 0; i < json_array_size(records); i++) {
		const char *text =
		    record_string(json_array_get(records, i), "image");

		if (text == NULL)
			bad_record("stdin", "image");
		if (!is_ref(refs, text))
			filter_failx(EX_DATAERR,
			    "%s: record: no such image in the arguments",
			    escape(text));
	}
	for (size_t i = 0; i < refs->count; i++) {
		const json_t *record = record_of(records, refs->list[i]);

		if (record == NULL)
			filter_failx(EX_NOINPUT, "%s: no record of this image",
			    escape(refs->list[i]));
		read_image(&images[i], refs->list[i], record);
	}
	return images;
}

struct image *
images_read(const struct strings *refs)
{
	autojson json_t *records = json_array();
	json_t *record;

	while ((record = filter_read_next()) != NULL) {
		if (json_array_size(records) > refs->count)
			filter_failx(EX_DATAERR, "stdin: too many records");
		(void)json_array_append_new(records, record);
	}
	return match(refs, records);
}

static int
open_store(void)
{
	int cas = store_open(), status = EX_CANTCREAT;

	if (cas < 0) {
		autofree char *why = store_failure("cas", &status);

		filter_failx(status, "%s", why);
	}
	return cas;
}

static _Noreturn void
ambiguous(const char *ref, const struct strings *candidates)
{
	warnx("%s: ambiguous image ID, it may be", escape(ref));
	for (size_t i = 0; i < candidates->count; i++)
		(void)fprintf(stderr, "  %s\n", candidates->list[i]);
	filter_quit(EX_DATAERR);
}

/*
 * 1 with key, 0 if it is not there; with a policy 0 too if it is to be asked
 * for, and then *wanted.
 */
static int
find(int cas, const char *text, const enum pull *policy, char key[KEY_TEXT],
    bool *wanted)
{
	struct strings candidates = { 0 };
	struct ref ref;
	char *why = NULL;
	int found;

	if (ref_parse(text, &ref, &why) < 0)
		filter_failx(EX_USAGE, "%s: %s", escape(text), why);
	found = pull_find(cas, &ref, policy, key, &candidates, wanted);
	if (found < 0)
		filter_fail(EX_IOERR, "%s", escape(text));
	if (found > 1)
		ambiguous(text, &candidates);
	strings_free(&candidates);
	ref_free(&ref);
	return found;
}

static json_t *
look_up(int cas, const char *text, const char *key)
{
	autojson json_t *info = image_load(cas, key);

	if (info == NULL && errno == ENOENT)
		filter_failx(
		    EX_NOINPUT, "%s: no longer in the store", escape(text));
	if (info == NULL && errno == EBADMSG)
		filter_failx(EX_DATAERR, "%s: damaged", escape(text));
	if (info == NULL)
		filter_fail(EX_IOERR, "%s", escape(text));
	return image_record(cas, info, text);
}

struct image *
images_ask(const struct strings *refs, const enum pull *policy)
{
	autojson json_t *records = json_array();
	autofd int cas = open_store();
	bool absent = false;

	for (size_t i = 0; i < refs->count; i++) {
		const char *ref = refs->list[i];
		autofree char *why = NULL;
		char key[KEY_TEXT];
		bool wanted;

		if (find(cas, ref, policy, key, &wanted) == 1) {
			json_t *record = look_up(cas, ref, key);

			(void)json_array_append_new(records, record);
			why = why_unready(record);
		} else {
			why = xstrdup("not in the store");
		}
		if (why == NULL)
			continue;
		absent = true;
		if (policy == NULL)
			warnx("%s: %s", escape(ref), why);
	}
	if (absent && policy == NULL)
		filter_quit(EX_NOINPUT);
	if (absent)
		return NULL;
	return match(refs, records);
}

bool
images_wanted(const char *ref, enum pull policy)
{
	autofd int cas = open_store();
	char key[KEY_TEXT];
	bool wanted;

	(void)find(cas, ref, &policy, key, &wanted);
	return wanted;
}

void
images_free(struct image *images, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(images[i].ref);
		free(images[i].id);
		free(images[i].root);
		strings_free(&images[i].devices);
		image_manifest_free(images[i].manifest);
	}
	free(images);
}
