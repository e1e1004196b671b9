/* SPDX-License-Identifier: Apache-2.0 */
/* images - the pod's images, as the store has them */

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actype.h"
#include "alloc.h"
#include "escape.h"
#include "filter.h"
#include "images.h"
#include "path.h"
#include "prog.h"
#include "publish.h"
#include "record.h"
#include "scope.h"

/* An index has a slot for each blob; the kernel takes no more than this. */
enum { DEVICES_MAX = 1024 };

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

static void
read_image(struct image *image, const char *ref, const json_t *record)
{
	const json_t *missing = record_get(record, "store.missing");
	const char *kind = record_string(record, "store.root.kind");

	image->ref = xstrdup(ref);
	if (json_array_size(missing) > 0)
		filter_failx(EX_NOINPUT,
		    "%s: dependency %s is not in the store", escape(ref),
		    escape(json_string_value(json_array_get(missing, 0))));
	if (kind == NULL ||
	    (strcmp(kind, "tree") != 0 && strcmp(kind, "erofs") != 0))
		bad_record(ref, "store.root.kind");
	image->tree = strcmp(kind, "tree") == 0;
	image->root = record_path(ref, record, "store.root.path");
	read_key(image, record);
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

/* Starts cas-store get with its output in out, and stderr in messages. */
static pid_t
start_get(const struct strings *refs, int out, int messages)
{
	autofree char *path = prog_sibling("cas-store");
	struct strings argv = { 0 };
	posix_spawn_file_actions_t files;
	pid_t pid;

	strings_add(&argv, "cas-store");
	strings_add(&argv, "get");
	for (size_t i = 0; i < refs->count; i++)
		strings_add(&argv, refs->list[i]);
	errno = posix_spawn_file_actions_init(&files);
	if (errno == 0)
		errno = posix_spawn_file_actions_adddup2(&files, out, 1);
	if (errno == 0 && messages >= 0)
		errno = posix_spawn_file_actions_adddup2(&files, messages, 2);
	if (errno == 0)
		errno =
		    posix_spawn(&pid, path, &files, NULL, argv.list, environ);
	if (errno != 0)
		filter_fail(EX_OSERR, "%s", path);
	(void)posix_spawn_file_actions_destroy(&files);
	strings_free(&argv);
	return pid;
}

/* All that can be read from fd; more than max bytes are refused. */
static char *
read_output(int fd, size_t max, size_t *length)
{
	size_t size = 0;
	char *bytes = NULL;
	ssize_t n;

	*length = 0;
	do {
		if (*length == size) {
			size += 16 * 1024;
			bytes = xreallocarray(bytes, size, 1);
		}
		n = read(fd, bytes + *length, size - *length);
		if (n < 0 && errno != EINTR)
			filter_fail(EX_IOERR, "cas-store");
		if (n > 0)
			*length += (size_t)n;
		if (*length > max)
			filter_failx(EX_DATAERR, "cas-store: too many records");
	} while (n != 0);
	return bytes;
}

/* cas-store has said why, to be shown unless it is absence and we are silent.
 */
static void
judge_get(pid_t pid, int messages, bool silent)
{
	autofree char *text = NULL;
	size_t length = 0;
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			filter_fail(EX_OSERR, "cas-store");
	}
	if (messages >= 0)
		text = path_read_fd(messages, RECORD_MAX, &length);
	if (text != NULL &&
	    !(silent && WIFEXITED(status) && WEXITSTATUS(status) == EX_NO))
		(void)write_all(STDERR_FILENO, text, length);
	if (!WIFEXITED(status))
		filter_failx(EX_OSERR, "cas-store: killed by signal %d",
		    WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		filter_quit(WEXITSTATUS(status) == EX_NO ? EX_NOINPUT
							 : WEXITSTATUS(status));
}

static json_t *
parse_lines(char *bytes, size_t length)
{
	json_t *records = json_array();

	while (length > 0) {
		char *end = memchr(bytes, '\n', length);
		size_t line = end == NULL ? length : (size_t)(end - bytes);
		char *why = NULL;
		json_t *record = json_parse(bytes, line, &why);

		if (record == NULL)
			filter_failx(EX_SOFTWARE, "cas-store: %s", why);
		(void)json_array_append_new(records, record);
		line += end != NULL;
		bytes += line;
		length -= line;
	}
	return records;
}

struct image *
images_ask(const struct strings *refs, bool silent)
{
	autofd int messages = -1;
	autofd int in = -1;
	autofree char *bytes = NULL;
	autojson json_t *records = NULL;
	size_t length;
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		filter_fail(EX_OSERR, "pipe");
	in = fds[0];
	if (silent) {
		messages = memfd_create("messages", MFD_CLOEXEC);
		if (messages < 0)
			filter_fail(EX_OSERR, "memfd");
	}
	pid = start_get(refs, fds[1], messages);
	(void)close(fds[1]);
	bytes = read_output(in, refs->count * RECORD_MAX, &length);
	judge_get(pid, messages, silent);
	records = parse_lines(bytes, length);
	return match(refs, records);
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
