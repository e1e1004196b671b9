/* SPDX-License-Identifier: Apache-2.0 */
/* intake - what a record brings, copied to where the store is */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "alloc.h"
#include "checks.h"
#include "compose.h"
#include "escape.h"
#include "filter.h"
#include "intake.h"
#include "manifest.h"
#include "path.h"
#include "publish.h"
#include "record.h"
#include "scope.h"

bool
intake_wanted(const json_t *record)
{
	return record_string(record, "fetch.aci") != NULL ||
	       json_object_get(record, "convert") != NULL;
}

static int
open_file(const char *path)
{
	autofree char *shown = escape(path);
	/* O_NONBLOCK: it may be a fifo, which must not hold us up. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;

	if (fd < 0)
		filter_fail(
		    errno == ENOENT ? EX_NOINPUT : EX_IOERR, "%s", shown);
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
		filter_failx(EX_DATAERR, "%s: not a regular file", shown);
	return fd;
}

static void
make_room(struct intake *intake, size_t count)
{
	intake->archives = xcalloc(count, sizeof *intake->archives);
	intake->count = count;
	for (size_t i = 0; i < count; i++)
		intake->archives[i].file = intake->archives[i].fd = -1;
}

/* Copies what was fetched to a file of our own. */
static int
copy_file(struct intake *intake, struct taken *taken, int tmp, enum hash hash,
    struct fault *fault)
{
	taken->fd = publish_open(tmp, 0444);
	if (taken->fd < 0)
		return fault_errno(fault, "tmp");
	if (blob_copy(taken->file, taken->fd, hash, &taken->blob, fault) < 0)
		return -1;
	store_key(taken->blob.id, taken->name);
	intake->size += (int64_t)taken->blob.size;
	intake->read += (int64_t)taken->blob.read;
	return 0;
}

static int
take_aci(
    struct intake *intake, const json_t *record, int tmp, struct fault *fault)
{
	struct taken *taken;

	make_room(intake, 1);
	taken = &intake->archives[0];
	taken->file = open_file(record_string(record, "fetch.aci"));
	/* Now: whoever kills us later leaves nothing. */
	filter_unlink_now();
	if (copy_file(intake, taken, tmp, HASH_SHA512, fault) < 0)
		return -1;
	intake->id = xstrdup(taken->blob.id);
	return check_digests(record, &taken->blob, fault);
}

static int
take_manifest(struct intake *intake, const json_t *record, struct fault *fault)
{
	const char *path = record_string(record, "convert.manifest");
	const char *id = record_string(record, "convert.digest");
	autofd int file = -1;

	if (path == NULL || id == NULL || strlen(id) != DIGEST_TEXT - 1)
		return fault_set(fault, EX_DATAERR,
		    "the record has no convert.manifest or digest");
	file = open_file(path);
	intake->manifest =
	    path_read_fd(file, MANIFEST_MAX, &intake->manifest_length);
	if (intake->manifest == NULL)
		return fault_errno(fault, "manifest");
	intake->id = xstrdup(id);
	return check_converted(
	    intake->manifest, intake->manifest_length, id, fault);
}

/* The names of the archives, and the files of those that were fetched. */
static int
open_layers(struct intake *intake, const json_t *record, struct fault *fault)
{
	const json_t *ids = record_get(record, "convert.layers");
	const json_t *layers = record_get(record, "fetch.layers");
	size_t count = json_array_size(ids);

	if (count == 0 || count > ARCHIVES_MAX ||
	    json_array_size(layers) != count)
		return fault_set(fault, EX_DATAERR,
		    "convert.layers are not fetch.layers, or more than %d",
		    ARCHIVES_MAX);
	make_room(intake, count);
	for (size_t i = 0; i < count; i++) {
		struct taken *taken = &intake->archives[i];
		const char *id = json_string_value(json_array_get(ids, i));
		const char *path =
		    record_string(json_array_get(layers, i), "path");

		if (id == NULL || !store_is_blob(id) || store_is_key(id))
			return fault_set(fault, EX_DATAERR,
			    "the record's convert.layers[%zu] is no digest", i);
		store_key(id, taken->name);
		if (path != NULL)
			taken->file = open_file(path);
	}
	return 0;
}

static int
take_layers(
    struct intake *intake, const json_t *record, int tmp, struct fault *fault)
{
	const json_t *layers = record_get(record, "fetch.layers");

	if (take_manifest(intake, record, fault) < 0 ||
	    open_layers(intake, record, fault) < 0)
		return -1;
	filter_unlink_now();
	for (size_t i = 0; i < intake->count; i++) {
		struct taken *taken = &intake->archives[i];
		char id[KEY_TEXT];

		if (taken->file < 0)
			continue;
		store_key(taken->name, id);
		if (copy_file(intake, taken, tmp, HASH_SHA256, fault) < 0 ||
		    check_layer(
			json_array_get(layers, i), id, &taken->blob, fault) < 0)
			return -1;
	}
	return 0;
}

int
intake_take(
    struct intake *intake, const json_t *record, int tmp, struct fault *fault)
{
	*intake = (struct intake){
		.converted = json_object_get(record, "convert") != NULL,
	};
	return intake->converted ? take_layers(intake, record, tmp, fault)
				 : take_aci(intake, record, tmp, fault);
}

void
intake_free(struct intake *intake)
{
	for (size_t i = 0; i < intake->count; i++) {
		if (intake->archives[i].file >= 0)
			(void)close(intake->archives[i].file);
		if (intake->archives[i].fd >= 0)
			(void)close(intake->archives[i].fd);
	}
	free(intake->archives);
	free(intake->manifest);
	free(intake->id);
	*intake = (struct intake){ 0 };
}
