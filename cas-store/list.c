/* SPDX-License-Identifier: Apache-2.0 */
/* list - the images of the store, one a line */

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "alloc.h"
#include "escape.h"
#include "image.h"
#include "list.h"
#include "record.h"
#include "scope.h"

/* "sha512-" and 12 digits, for people. */
enum { SHORT_KEY = 7 + 12 };

static const char *
version_of(const json_t *info)
{
	return record_string(info, "labels.version");
}

static char *
full_name(const json_t *info)
{
	const char *version = version_of(info);

	return version == NULL
		   ? xstrdup(record_string(info, "name"))
		   : xasprintf("%s:%s", record_string(info, "name"), version);
}

/* One line of the table; its columns are those of "rkt image list". */
static void
print_row(const char *key, const json_t *info, const struct list *list)
{
	autofree char *name = full_name(info);
	autofree char *shown = escape(name);
	int64_t size = record_number(info, "size", 0);
	time_t imported =
	    (time_t)(record_number(info, "imported", 0) / 1000000000);
	char when[64] = "-";
	struct tm local;

	if (localtime_r(&imported, &local) != NULL)
		(void)strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &local);
	(void)printf(
	    "%.*s  %-31s  ", list->full ? KEY_TEXT : SHORT_KEY, key, shown);
	if (list->full)
		(void)printf("%11" PRId64, size);
	else
		(void)printf("%8" PRId64 "KiB", (size + 1023) / 1024);
	(void)printf("  %-19s  -\n", when);
}

static int
list_one(int cas, const char *key, void *data)
{
	const struct list *list = data;
	autojson json_t *info = NULL;
	autojson json_t *record = NULL;
	autofree char *name = NULL;
	autofree char *line = NULL;

	if (list->keys) {
		(void)puts(key);
		return 0;
	}
	info = image_load(cas, key);
	if (info == NULL) {
		/* Removed meanwhile is fine. */
		if (errno != ENOENT)
			warnx("%s: damaged, skipped", key);
		return 0;
	}
	if (list->table) {
		print_row(key, info, list);
		return 0;
	}
	name = full_name(info);
	record = image_record(cas, info, name);
	(void)json_object_set(record, "size", json_object_get(info, "size"));
	(void)json_object_set(
	    record, "imported", json_object_get(info, "imported"));
	(void)json_object_set_new(record, "latest",
	    json_boolean(record_number(info, "latest", 0) != 0));
	line = record_line(record);
	(void)puts(line);
	return 0;
}

int
list_images(int cas, const struct list *list)
{
	struct list copy = *list;

	if (list->table && list->legend)
		(void)printf("%-*s  %-31s  %11s  %-19s  %s\n",
		    list->full ? KEY_TEXT - 1 : SHORT_KEY, "ID", "NAME", "SIZE",
		    "IMPORT TIME", "LAST USED");
	return image_each(cas, list_one, &copy);
}
