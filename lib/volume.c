/* SPDX-License-Identifier: Apache-2.0 */
/* volume - volumes of a pod and where they are mounted */

#include <string.h>

#include "actype.h"
#include "alloc.h"
#include "escape.h"
#include "num.h"
#include "pairs.h"
#include "schema.h"
#include "scope.h"

enum { MODE_DEFAULT = 0755, MODE_MAX = 07777 };

static const char *
volume_wrong(const struct volume *volume, bool ownership)
{
	if (volume->kind == VOLUME_EMPTY && volume->source != NULL)
		return "source for empty volume must be empty";
	if (volume->kind == VOLUME_EMPTY && volume->recursive >= 0)
		return "recursive is for host volumes only";
	if (volume->kind == VOLUME_EMPTY && volume->map_ids >= 0)
		return "idmap is for host volumes only";
	if (volume->kind == VOLUME_EMPTY)
		return NULL;
	if (volume->source == NULL)
		return "source for host volume cannot be empty";
	if (*volume->source != '/')
		return "source for host volume must be absolute path";
	if (path_check(volume->source) != NULL)
		return "source for host volume has a control character or "
		       "is too long";
	if (ownership)
		return "mode, uid and gid are for empty volumes only";
	return NULL;
}

static int
kind_parse(const char *text, struct volume *volume)
{
	if (text != NULL && strcmp(text, "host") == 0)
		volume->kind = VOLUME_HOST;
	else if (text != NULL && strcmp(text, "empty") == 0)
		volume->kind = VOLUME_EMPTY;
	else
		return -1;
	return 0;
}

/* Octal digits, at most 7777. */
static int
mode_parse(const char *text, uint32_t *mode)
{
	uint32_t bits = 0;

	if (*text == '\0' || strlen(text) > 5)
		return -1;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '7')
			return -1;
		bits = bits * 8 + (uint32_t)(*text - '0');
	}
	if (bits > MODE_MAX)
		return -1;
	*mode = bits;
	return 0;
}

/* mode, uid and gid of a volume in JSON. */
static int
ownership_read(const struct spot *spot, struct volume *volume, bool *given)
{
	struct spot mode, uid, gid;
	autofree char *text = NULL;
	int64_t user = 0, group = 0;

	if (spot_member(spot, "mode", &mode) < 0 ||
	    spot_member(spot, "uid", &uid) < 0 ||
	    spot_member(spot, "gid", &gid) < 0 ||
	    spot_text(spot, "mode", &text) < 0 ||
	    spot_number(spot, "uid", 0, UINT32_MAX - 1, &user) < 0 ||
	    spot_number(spot, "gid", 0, UINT32_MAX - 1, &group) < 0)
		return -1;
	if (text != NULL && mode_parse(text, &volume->mode) < 0)
		return spot_bad(&mode, text, "is not an octal mode");
	volume->uid = (uint32_t)user;
	volume->gid = (uint32_t)group;
	*given = mode.json != NULL || uid.json != NULL || gid.json != NULL;
	return 0;
}

/*
 * The name.  Up to version 0.2 a volume had a list of the mount points that
 * it is for; one entry is a name.
 */
static int
name_read(const struct spot *spot, struct volume *volume)
{
	struct spot name, list, first;

	if (spot_member(spot, "name", &name) < 0 ||
	    spot_list(spot, "fulfills", &list) < 0)
		return -1;
	if (name.json != NULL || list.json == NULL)
		return spot_checked(spot, "name", acname_check, &volume->name);
	if (spot_count(&list) != 1)
		return spot_fail(&list, "must have one entry");
	first = spot_element(&list, 0);
	const char *text, *wrong;
	if (spot_string(&first, &text) < 0)
		return -1;
	wrong = acname_check(text);
	if (wrong != NULL)
		return spot_bad(&first, text, wrong);
	volume->name = xstrdup(text);
	return 0;
}

int
schema_volume(const struct spot *spot, void *element)
{
	struct volume *volume = element;
	autofree char *kind = NULL;
	struct spot at;
	bool ownership = false;
	const char *wrong;

	*volume = (struct volume){
		.read_only = -1,
		.recursive = -1,
		.map_ids = -1,
		.mode = MODE_DEFAULT,
	};
	if (name_read(spot, volume) < 0 ||
	    spot_need_text(spot, "kind", &kind) < 0 ||
	    spot_member(spot, "kind", &at) < 0)
		return -1;
	if (kind_parse(kind, volume) < 0)
		return spot_bad(&at, kind, "is neither host nor empty");
	if (spot_text(spot, "source", &volume->source) < 0 ||
	    spot_flag(spot, "readOnly", &volume->read_only) < 0 ||
	    spot_flag(spot, "recursive", &volume->recursive) < 0 ||
	    spot_flag(spot, "idmap", &volume->map_ids) < 0 ||
	    ownership_read(spot, volume, &ownership) < 0)
		return -1;
	if (volume->source != NULL && *volume->source == '\0') {
		free(volume->source);
		volume->source = NULL;
	}
	wrong = volume_wrong(volume, ownership);
	return wrong != NULL ? spot_fail(spot, "%s", wrong) : 0;
}

json_t *
volume_json(const struct volume *volume)
{
	bool host = volume->kind == VOLUME_HOST;
	json_t *json = json_pack("{s:s, s:s}", "name", volume->name, "kind",
	    host ? "host" : "empty");

	if (volume->read_only >= 0)
		json_object_set_new(
		    json, "readOnly", json_boolean(volume->read_only));
	if (volume->recursive >= 0)
		json_object_set_new(
		    json, "recursive", json_boolean(volume->recursive));
	if (volume->map_ids >= 0)
		json_object_set_new(
		    json, "idmap", json_boolean(volume->map_ids));
	if (host) {
		object_text(json, "source", volume->source);
		return json;
	}
	autofree char *mode = xasprintf("%04o", volume->mode);
	object_text(json, "mode", mode);
	json_object_set_new(json, "uid", json_integer(volume->uid));
	json_object_set_new(json, "gid", json_integer(volume->gid));
	return json;
}

/* One parameter of --volume; a text that says what is wrong with it. */
static const char *
parameter_set(struct volume *volume, const struct label *parameter)
{
	const char *name = parameter->name, *value = parameter->value;
	uint64_t number = 0;

	if (strcmp(name, "kind") == 0) {
		(void)kind_parse(value, volume); /* known to be one */
	} else if (strcmp(name, "source") == 0) {
		volume->source = *value != '\0' ? xstrdup(value) : NULL;
	} else if (strcmp(name, "readOnly") == 0) {
		volume->read_only = bool_parse(value);
		return volume->read_only < 0 ? "is neither true nor false"
					     : NULL;
	} else if (strcmp(name, "recursive") == 0) {
		volume->recursive = bool_parse(value);
		return volume->recursive < 0 ? "is neither true nor false"
					     : NULL;
	} else if (strcmp(name, "idmap") == 0) {
		volume->map_ids = bool_parse(value);
		return volume->map_ids < 0 ? "is neither true nor false" : NULL;
	} else if (strcmp(name, "mode") == 0) {
		return mode_parse(value, &volume->mode) < 0
			   ? "is not an octal mode"
			   : NULL;
	} else if (strcmp(name, "uid") == 0 || strcmp(name, "gid") == 0) {
		if (num_parse(value, 0, UINT32_MAX - 1, &number) < 0)
			return "is not a number below 4294967295";
		if (*name == 'u')
			volume->uid = (uint32_t)number;
		else
			volume->gid = (uint32_t)number;
	} else {
		return "";
	}
	return NULL;
}

/* All that follows the name in --volume NAME,kind=…; 0, or -1 with *why. */
static int
parameters_set(
    struct volume *volume, const struct labels *parameters, char **why)
{
	bool ownership = labels_get(parameters, "mode") != NULL ||
			 labels_get(parameters, "uid") != NULL ||
			 labels_get(parameters, "gid") != NULL;
	const char *wrong;

	if (kind_parse(labels_get(parameters, "kind"), volume) < 0) {
		*why = xstrdup("unrecognized volume kind: should be one of "
			       "\"empty\", \"host\"");
		return -1;
	}
	for (size_t i = 0; i < parameters->count; i++) {
		const struct label *parameter = &parameters->list[i];
		autofree char *name = escape(parameter->name);
		autofree char *value = escape(parameter->value);

		wrong = parameter_set(volume, parameter);
		if (wrong == NULL)
			continue;
		*why = *wrong == '\0'
			   ? xasprintf("unknown volume parameter \"%s\"", name)
			   : xasprintf("volume parameter \"%s\": \"%s\" %s",
				 name, value, wrong);
		return -1;
	}
	wrong = volume_wrong(volume, ownership);
	if (wrong == NULL)
		return 0;
	*why = xstrdup(wrong);
	return -1;
}

int
volume_parse(const char *text, struct volume *volume, char **why)
{
	size_t length = strcspn(text, ",:");
	struct labels parameters = { 0 };
	const char *wrong;
	int result = -1;

	*volume = (struct volume){ .name = xstrndup(text, length),
		.read_only = -1,
		.recursive = -1,
		.map_ids = -1,
		.mode = MODE_DEFAULT };
	wrong = acname_check(volume->name);
	if (wrong != NULL) {
		autofree char *shown = escape(volume->name);

		*why = xasprintf("volume name \"%s\" %s", shown, wrong);
	} else if (text[length] == ':') {
		/* NAME:/path, as rkt 0.1 and 0.2 had it */
		labels_set(&parameters, "kind", "host");
		labels_set(&parameters, "source", text + length + 1);
		result = parameters_set(volume, &parameters, why);
	} else if (text[length] == '\0' ||
		   pairs_parse(text + length + 1, "volume parameter",
		       &parameters, why) == 0) {
		result = parameters_set(volume, &parameters, why);
	}
	labels_free(&parameters);
	if (result < 0)
		volume_free(volume);
	return result;
}

void
volume_free(struct volume *volume)
{
	free(volume->name);
	free(volume->source);
	*volume = (struct volume){ 0 };
}

/* The two parameters of --mount, and no other. */
static int
mount_set(const struct labels *parameters, struct pod_mount *mount, char **why)
{
	const char *volume = labels_get(parameters, "volume");
	const char *target = labels_get(parameters, "target");
	const char *wrong;

	for (size_t i = 0; i < parameters->count; i++) {
		const char *name = parameters->list[i].name;
		autofree char *shown = escape(name);

		if (strcmp(name, "volume") != 0 &&
		    strcmp(name, "target") != 0) {
			*why =
			    xasprintf("unknown mount parameter \"%s\"", shown);
			return -1;
		}
	}
	if (volume == NULL || target == NULL) {
		*why = xstrdup("a mount is volume=NAME,target=PATH");
		return -1;
	}
	wrong = acname_check(volume);
	autofree char *shown = escape(wrong != NULL ? volume : target);
	if (wrong != NULL)
		*why = xasprintf("volume name \"%s\" %s", shown, wrong);
	else if ((wrong = path_check(target)) != NULL)
		*why = xasprintf("target \"%s\" %s", shown, wrong);
	if (wrong != NULL)
		return -1;
	mount->volume = xstrdup(volume);
	mount->path = xstrdup(target);
	return 0;
}

int
mount_parse(const char *text, struct pod_mount *mount, char **why)
{
	struct labels parameters = { 0 };
	int result;

	*mount = (struct pod_mount){ 0 };
	result = pairs_parse(text, "mount parameter", &parameters, why);
	if (result == 0)
		result = mount_set(&parameters, mount, why);
	labels_free(&parameters);
	return result;
}

void
pod_mount_free(struct pod_mount *mount)
{
	free(mount->volume);
	free(mount->path);
	*mount = (struct pod_mount){ 0 };
}
