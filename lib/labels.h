/* SPDX-License-Identifier: Apache-2.0 */
/* labels - name and value pairs: labels, annotations, environment */
#pragma once

#include <stddef.h>

#include <jansson.h>

struct label {
	char *name;
	char *value;
};

/* An ordered list in which each name is there once. */
struct labels {
	struct label *list;
	size_t count;
};

/* Appends, or gives an existing name its new value.  Copies both. */
void labels_set(struct labels *labels, const char *name, const char *value);

/* The value, borrowed, or NULL. */
const char *labels_get(const struct labels *labels, const char *name);

void labels_free(struct labels *labels);

/* [{"name":…,"value":…},…]; the caller owns it. */
json_t *labels_json(const struct labels *labels);

/* {NAME:VALUE,…}; likewise. */
json_t *labels_object(const struct labels *labels);
