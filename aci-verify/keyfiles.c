/* SPDX-License-Identifier: Apache-2.0 */
/* keyfiles - which key files aci-trust was given, and where they come from */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "alloc.h"
#include "dirs.h"
#include "escape.h"
#include "keyfiles.h"
#include "record.h"
#include "scope.h"

enum { FILES_MAX = 256 };

void
keyfiles_add(struct keyfiles *files, const char *location, const char *path)
{
	files->list =
	    xreallocarray(files->list, files->count + 1, sizeof *files->list);
	files->list[files->count++] =
	    (struct keyfile){ xstrdup(location), xstrdup(path) };
}

static int
refuse(int status, const char *text, char **why)
{
	*why = xasprintf("record: %s", text);
	return status;
}

static int
add_record(struct keyfiles *files, const json_t *record, char **why)
{
	const json_t *keys = record_get(record, "fetch.keys");

	if (json_object_get(record, "error") != NULL) {
		int64_t status =
		    record_number(record, "error.status", EX_SOFTWARE);

		return status > 0 && status < 256 ? (int)status : EX_SOFTWARE;
	}
	if (record_number(record, "v", 0) != 1 || !json_is_array(keys))
		return refuse(EX_DATAERR, "no fetch.keys in it", why);
	for (size_t i = 0; i < json_array_size(keys); i++) {
		const json_t *key = json_array_get(keys, i);
		const char *url = record_string(key, "url");
		const char *path = record_string(key, "path");

		if (path == NULL || files->count == FILES_MAX)
			return refuse(EX_DATAERR, "malformed fetch.keys", why);
		keyfiles_add(files, url == NULL ? path : url, path);
	}
	return 0;
}

static int
add_line(struct keyfiles *files, const char *line, size_t length, char **why)
{
	autofree char *wrong = NULL;
	autojson json_t *record = json_parse(line, length, &wrong);

	if (record == NULL)
		return refuse(EX_DATAERR, wrong, why);
	return add_record(files, record, why);
}

/* A line without its end; -1: there is none; -2: it is too long. */
static ssize_t
read_line(FILE *file, char *line, size_t size)
{
	size_t used = 0;
	int c;

	while ((c = getc(file)) != EOF && c != '\n') {
		if (used == size)
			return -2;
		line[used++] = (char)c;
	}
	return c == EOF && used == 0 ? -1 : (ssize_t)used;
}

int
keyfiles_read(struct keyfiles *files, const char *path, char **why)
{
	autofile FILE *file = fopen(path, "re");
	autofree char *line = xcalloc(RECORD_MAX, 1);
	ssize_t length;
	int status = 0;

	*why = NULL;
	if (file == NULL) {
		const char *text = strerror(errno);
		autofree char *shown = escape(path);

		*why = xasprintf("%s: %s", shown, text);
		return EX_NOINPUT;
	}
	while (
	    status == 0 && (length = read_line(file, line, RECORD_MAX)) != -1)
		status = length < 0
			     ? refuse(EX_DATAERR, "too long", why)
			     : add_line(files, line, (size_t)length, why);
	if (status == 0 && files->count == 0)
		status = refuse(EX_NOINPUT, "there is none", why);
	return status;
}

void
keyfiles_drop(const struct keyfiles *files)
{
	for (size_t i = 0; i < files->count; i++)
		if (dirs_in_tmp(files->list[i].path))
			(void)unlink(files->list[i].path);
}

void
keyfiles_free(struct keyfiles *files)
{
	for (size_t i = 0; i < files->count; i++) {
		free(files->list[i].location);
		free(files->list[i].path);
	}
	free(files->list);
	*files = (struct keyfiles){ 0 };
}
