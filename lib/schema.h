/* SPDX-License-Identifier: Apache-2.0 */
/* schema - the parts that image and pod manifests have in common */
#pragma once

#include "manifest.h"
#include "spot.h"

/* The JSON of a manifest's bytes, for the caller; NULL with *why. */
json_t *schema_parse(const char *bytes, size_t length, char **why);

/*
 * Each reads what is at spot, or a member of the object there, and returns 0
 * or -1 as spot.h has it.  What was read before a failure is in the result,
 * which the caller frees.
 */

/* Lists of name and value, whose names pass check; the old forms too. */
int schema_labels(const struct spot *object, const char *name,
    spot_check *check, struct labels *labels);
/* What labels and annotations may be beyond that. */
int schema_image_labels(const struct spot *object, struct labels *labels);
int schema_annotations(const struct spot *object, struct labels *labels);
/* Of a name that the spec knows, what is wrong with the value; else NULL. */
const char *annotation_check(const char *name, const char *value);
/* A map of texts, copied; NULL if it is absent. */
int schema_map(const struct spot *object, const char *name, json_t **map);

/* A list of texts, each of which passes check if one is given. */
int schema_strings(const struct spot *object, const char *name,
    spot_check *check, struct strings *strings);

/* The app object at spot; never NULL. */
int schema_app(const struct spot *spot, struct app *app);

int schema_isolators(
    const struct spot *object, struct isolator **isolators, size_t *count);
/* A resource quantity as text or number (actype.h, quantity_parse). */
int quantity_of(const json_t *value, int64_t *milli);
/* CAP_CHOWN; read or @appc.io/all; EPERM: by their form. */
spot_check capability_check, call_check, errno_check;
void isolators_free(struct isolator *isolators, size_t count);
json_t *isolators_json(const struct isolator *isolators, size_t count);

/* One volume of a pod manifest; a struct volume. */
int schema_volume(const struct spot *spot, void *volume);
json_t *volume_json(const struct volume *volume);

/* One port of an app; a struct port. */
int schema_port(const struct spot *spot, void *port);
void port_free(struct port *port);
json_t *port_json(const struct port *port);

/* acKind, which is kind or old (NULL: none), and acVersion for spot_before. */
int schema_head(struct spot *top, const char *kind, const char *old);

/* Sets a member to a text, or leaves it out for NULL. */
void object_text(json_t *object, const char *name, const char *text);
/* Sets a member to an owned list, or leaves it out if that is empty. */
void object_list(json_t *object, const char *name, json_t *list);
