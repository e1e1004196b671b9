/* SPDX-License-Identifier: Apache-2.0 */
/* list - the images of the store, one a line */

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "alloc.h"
#include "clock.h"
#include "escape.h"
#include "image.h"
#include "list.h"
#include "num.h"
#include "record.h"
#include "scope.h"
#include "table.h"

/* "sha512-" and 12 digits, for people. */
enum { SHORT_KEY = 7 + 12 };

/* In the order of list_all_fields. */
enum { ID, NAME, SIZE, IMPORTED, USED, FIELDS };

static const struct {
	const char *name;
	const char *heading;
} fields[FIELDS] = {
	[ID] = { "id", "ID" },
	[NAME] = { "name", "NAME" },
	[SIZE] = { "size", "SIZE" },
	[IMPORTED] = { "importtime", "IMPORT TIME" },
	[USED] = { "lastused", "LAST USED" },
};

const char list_all_fields[] = "id,name,size,importtime,lastused";

struct item {
	char key[KEY_TEXT];
	char *name; /* with the version */
	json_t *info;
	int64_t size, imported, used; /* bytes; ns */
};

struct items {
	const struct list *list;
	struct item *items;
	size_t count;
};

static int
find_field(const char *name, size_t length)
{
	for (int i = 0; i < FIELDS; i++)
		if (strncmp(fields[i].name, name, length) == 0 &&
		    fields[i].name[length] == '\0')
			return i;
	return -1;
}

static bool
are_fields(const char *text)
{
	for (;; text++) {
		size_t length = strcspn(text, ",");

		if (find_field(text, length) < 0)
			return false;
		text += length;
		if (*text == '\0')
			return true;
	}
}

static const char *
set_form(struct list *list, const char *value)
{
	if (strcmp(value, "json") == 0)
		list->form = LIST_JSON;
	else if (strcmp(value, "json-pretty") == 0)
		list->form = LIST_PRETTY;
	else
		return "--format: neither json nor json-pretty";
	return NULL;
}

const char *
list_option(struct list *list, int option, const char *value)
{
	switch (option) {
	case 't':
		list->form = LIST_TABLE;
		return NULL;
	case 'n':
		list->legend = false;
		return NULL;
	case 'F':
		list->full = true;
		return NULL;
	case 'i':
		list->fields = value;
		return are_fields(value) ? NULL : "--fields: an unknown one";
	case 's':
		list->sort = value;
		return find_field(value, strlen(value)) >= 0
			   ? NULL
			   : "--sort: no such field";
	case 'o':
		list->descending = strcmp(value, "desc") == 0;
		return list->descending || strcmp(value, "asc") == 0
			   ? NULL
			   : "--order: wrong sort order";
	case 'u':
		return duration_parse(value, &list->unused) < 0
			   ? "--unused: not a duration"
			   : (list->unused += list->unused == 0, NULL);
	default:
		return set_form(list, value);
	}
}

static char *
full_name(const json_t *info)
{
	const char *version = record_string(info, "labels.version");

	return version == NULL
		   ? xstrdup(record_string(info, "name"))
		   : xasprintf("%s:%s", record_string(info, "name"), version);
}

/*
 * A pod links the index, or the tree's marker, when it is prepared, and drops
 * the link when it is collected: both change the inode.
 */
static int64_t
last_used(int cas, const char *key, const json_t *info, bool *linked)
{
	const char *root = record_string(info, "root.path");
	autofree char *marker = xasprintf("tree/%s/marker", key);
	struct stat status;

	if (root == NULL ||
	    fstatat(cas, image_is_tree(info) ? marker : root, &status, 0) < 0)
		return record_number(info, "imported", 0);
	*linked = status.st_nlink > 1;
	return (int64_t)status.st_ctim.tv_sec * CLOCK_SECOND +
	       status.st_ctim.tv_nsec;
}

static int
collect(int cas, const char *key, void *data)
{
	struct items *items = data;
	autojson json_t *info = image_load(cas, key);
	bool linked = false;
	struct item *item;
	int64_t used;

	if (info == NULL) {
		/* Removed meanwhile is fine. */
		if (errno != ENOENT)
			warnx("%s: damaged, skipped", key);
		return 0;
	}
	used = last_used(cas, key, info, &linked);
	if (items->list->unused > 0 &&
	    (linked || used > clock_wall() - items->list->unused))
		return 0;
	items->items =
	    xreallocarray(items->items, items->count + 1, sizeof *items->items);
	item = &items->items[items->count++];
	*item = (struct item){
		.name = full_name(info),
		.info = json_incref(info),
		.size = record_number(info, "size", 0),
		.imported = record_number(info, "imported", 0),
		.used = used,
	};
	store_key(key, item->key);
	return 0;
}

static int
compare_numbers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int
compare(const void *a, const void *b, void *data)
{
	const struct item *x = a, *y = b;
	const struct list *list = data;
	int order = 0;

	switch (find_field(list->sort, strlen(list->sort))) {
	case NAME:
		order = strcmp(x->name, y->name);
		break;
	case SIZE:
		order = compare_numbers(x->size, y->size);
		break;
	case IMPORTED:
		order = compare_numbers(x->imported, y->imported);
		break;
	case USED:
		order = compare_numbers(x->used, y->used);
		break;
	default:
		break;
	}
	if (order == 0)
		order = strcmp(x->key, y->key);
	return list->descending ? -order : order;
}

/* 12MiB, and 1.5KiB: as many digits as tell something. */
static char *
human_size(int64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double size = (double)bytes;
	size_t unit = 0;

	for (; size >= 1024 && unit + 1 < sizeof units / sizeof *units; unit++)
		size /= 1024;
	return xasprintf(
	    "%.*f%s", unit == 0 || size >= 10 ? 0 : 1, size, units[unit]);
}

static char *
time_text(int64_t at, const struct list *list)
{
	struct timespec time = { .tv_sec = at / CLOCK_SECOND,
		.tv_nsec = at % CLOCK_SECOND };

	return list->full ? time_full(time)
			  : time_ago(time, clock_wall() / CLOCK_SECOND);
}

static char *
cell(const struct item *item, int field, const struct list *list)
{
	switch (field) {
	case ID:
		return xasprintf(
		    "%.*s", list->full ? KEY_TEXT : SHORT_KEY, item->key);
	case NAME:
		return escape(item->name);
	case SIZE:
		return list->full ? xasprintf("%" PRId64, item->size)
				  : human_size(item->size);
	case IMPORTED:
		return time_text(item->imported, list);
	default:
		return time_text(item->used, list);
	}
}

/* A row of an item, or of the headings if that is NULL. */
static size_t
add_row(struct table *table, const struct item *item, const struct list *list)
{
	size_t columns = 0;

	for (const char *at = list->fields; *at != '\0'; columns++) {
		size_t length = strcspn(at, ",");
		int field = find_field(at, length);
		autofree char *text = item == NULL
					  ? xstrdup(fields[field].heading)
					  : cell(item, field, list);

		table_add(table, text);
		at += length;
		at += *at == ',';
	}
	return columns;
}

static void
print_table(const struct items *items)
{
	struct table table = { 0 };

	if (items->list->legend)
		table.columns = add_row(&table, NULL, items->list);
	for (size_t i = 0; i < items->count; i++)
		table.columns = add_row(&table, &items->items[i], items->list);
	if (table.count > 0)
		table_print(&table);
}

static void
print_json(const struct items *items)
{
	autojson json_t *all = json_array();
	autofree char *text = NULL;
	size_t form =
	    items->list->form == LIST_PRETTY ? JSON_INDENT(2) : JSON_COMPACT;

	for (size_t i = 0; i < items->count; i++) {
		const struct item *item = &items->items[i];

		(void)json_array_append_new(all,
		    json_pack("{s:s,s:s,s:I,s:I,s:I}", "id", item->key, "name",
			item->name, "import_time", (json_int_t)item->imported,
			"last_used_time", (json_int_t)item->used, "size",
			(json_int_t)item->size));
	}
	text = json_dumps(all, form);
	(void)puts(text);
}

static void
print_record(int cas, const struct item *item)
{
	autojson json_t *record = image_record(cas, item->info, item->name);
	autofree char *line = NULL;

	(void)json_object_set_new(record, "size", json_integer(item->size));
	(void)json_object_set_new(
	    record, "imported", json_integer(item->imported));
	(void)json_object_set_new(record, "latest",
	    json_boolean(record_number(item->info, "latest", 0) != 0));
	line = record_line(record);
	(void)puts(line);
}

static void
print(int cas, const struct items *items)
{
	switch (items->list->form) {
	case LIST_TABLE:
		print_table(items);
		return;
	case LIST_JSON:
	case LIST_PRETTY:
		print_json(items);
		return;
	case LIST_RECORDS:
	case LIST_KEYS:
		break;
	}
	for (size_t i = 0; i < items->count; i++)
		if (items->list->form == LIST_KEYS)
			(void)puts(items->items[i].key);
		else
			print_record(cas, &items->items[i]);
}

int
list_images(int cas, const struct list *list)
{
	struct list how = *list;
	struct items items = { .list = &how };
	int result = image_each(cas, collect, &items);

	if (items.count > 0)
		qsort_r(items.items, items.count, sizeof *items.items, compare,
		    &how);
	if (result == 0)
		print(cas, &items);
	for (size_t i = 0; i < items.count; i++) {
		free(items.items[i].name);
		json_decref(items.items[i].info);
	}
	free(items.items);
	return result;
}
