/* SPDX-License-Identifier: Apache-2.0 */
/* rows - manifests in tables: each text, and what is said about it */
#pragma once

#undef NDEBUG
#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "manifest.h"
#include "record.h"
#include "scope.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/*
 * One manifest, or the part of one between the table's prefix and suffix.
 * With ' for " in all of them, so that a row can be read.
 */
struct row {
	const char *json;
	const char *why; /* NULL: it is valid */
};

#define IMAGE_PREFIX "{'acKind':'ImageManifest','acVersion':'0.8.11'"
#define NAME_PREFIX  IMAGE_PREFIX ",'name':'example.com/a',"
#define APP_PREFIX   NAME_PREFIX "'app':{'exec':['/a'],'user':'0','group':'0',"
#define POD_PREFIX   "{'acKind':'PodManifest','acVersion':'0.8.11',"

static inline char *
quotes_changed(const char *text, char from, char to)
{
	char *copy = xstrdup(text);

	for (char *p = copy; *p != '\0'; p++)
		if (*p == from)
			*p = to;
	return copy;
}

static inline char *
double_quotes(const char *text)
{
	return quotes_changed(text, '\'', '"');
}

/* Says which row is not as wanted; returns whether it is. */
static inline bool
row_holds(const struct row *row, const char *why)
{
	autofree char *is = why != NULL ? quotes_changed(why, '"', '\'') : NULL;

	if (is == NULL ? row->why == NULL
		       : row->why != NULL && strcmp(is, row->why) == 0)
		return true;
	(void)fprintf(stderr, "%s\n\tis: %s\n\twanted: %s\n", row->json,
	    is != NULL ? is : "valid", row->why != NULL ? row->why : "valid");
	return false;
}

/* What was read is written, read again, and written the same. */
static inline void
image_same(const struct image_manifest *image)
{
	autofree char *why = NULL;
	autojson json_t *first = NULL;
	autojson json_t *second = NULL;
	struct app *copy, *again;

	if (image->app == NULL)
		return;
	copy = app_copy(image->app);
	first = app_json(copy);
	again = app_parse(first, "app", &why);
	assert(again != NULL && why == NULL);
	second = app_json(again);
	assert(json_equal(first, second));
	app_free(copy);
	app_free(again);
}

static inline void
pod_same(const struct pod_manifest *pod)
{
	autofree char *why = NULL;
	autofree char *line = NULL;
	autojson json_t *first = pod_manifest_json(pod);
	autojson json_t *second = NULL;
	struct pod_manifest *again;

	line = record_line(first);
	again = pod_manifest_parse(line, strlen(line), &why);
	assert(again != NULL && why == NULL);
	second = pod_manifest_json(again);
	assert(json_equal(first, second));
	pod_manifest_free(again);
}

/* Reads it as what it says it is; what is wrong, or NULL. */
static inline char *
manifest_why(const char *text, size_t length, bool is_pod)
{
	char *why = NULL;

	if (is_pod) {
		struct pod_manifest *pod =
		    pod_manifest_parse(text, length, &why);

		if (pod != NULL)
			pod_same(pod);
		assert((pod == NULL) == (why != NULL));
		pod_manifest_free(pod);
	} else {
		struct image_manifest *image =
		    image_manifest_parse(text, length, &why);

		if (image != NULL)
			image_same(image);
		assert((image == NULL) == (why != NULL));
		image_manifest_free(image);
	}
	return why;
}

static inline void
test_rows(const char *prefix, const char *suffix, const struct row *rows,
    size_t count, bool is_pod)
{
	bool good = true;

	for (size_t i = 0; i < count; i++) {
		autofree char *raw =
		    xasprintf("%s%s%s", prefix, rows[i].json, suffix);
		autofree char *text = double_quotes(raw);
		autofree char *why = manifest_why(text, strlen(text), is_pod);

		good &= row_holds(&rows[i], why);
	}
	assert(good);
}
