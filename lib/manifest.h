/* SPDX-License-Identifier: Apache-2.0 */
/* manifest - image and pod manifests, read strictly */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "labels.h"
#include "string-list.h"

/* A manifest may have this many bytes. */
enum { MANIFEST_MAX = 4 * 1024 * 1024 };

struct event_handler {
	char *name; /* pre-start, post-stop */
	struct strings exec;
};

struct mount_point {
	char *name;
	char *path;
	bool read_only;
};

struct port {
	char *name;
	char *protocol;
	uint16_t port;
	uint16_t count;
	bool socket_activated;
};

struct isolator {
	char *name;
	json_t *value; /* owned; may be NULL */
};

struct app {
	struct strings exec; /* empty: the image has no command */
	char *user;
	char *group;
	uint32_t *gids; /* supplementaryGIDs */
	size_t gid_count;
	struct event_handler *handlers;
	size_t handler_count;
	char *working_directory; /* NULL: / */
	struct labels environment;
	struct mount_point *mount_points;
	size_t mount_point_count;
	struct port *ports;
	size_t port_count;
	struct isolator *isolators;
	size_t isolator_count;
	json_t *user_annotations; /* owned; NULL if there are none */
	json_t *user_labels;      /* the same */
};

struct dependency {
	char *name;
	char *id; /* NULL: any */
	struct labels labels;
	int64_t size; /* 0: not said */
};

struct image_manifest {
	char *name;
	struct labels labels;
	struct app *app; /* NULL: nothing to run in it */
	struct dependency *dependencies;
	size_t dependency_count;
	struct strings path_whitelist;
	struct labels annotations;
};

struct volume {
	char *name;
	enum { VOLUME_HOST, VOLUME_EMPTY } kind;
	char *source;      /* VOLUME_HOST: absolute */
	int read_only;     /* -1: not said */
	int recursive;     /* -1: not said */
	int map_ids;       /* VOLUME_HOST: its ids are the pod's; -1 */
	uint32_t mode;     /* VOLUME_EMPTY: 0755 unless said */
	uint32_t uid, gid; /* VOLUME_EMPTY */
	bool filled;       /* begins as the image has it; pod-prepare's word */
};

struct pod_mount {
	char *volume; /* the name of one of the pod's volumes */
	char *path;   /* absolute in the app's root, or a mount point's name */
};

struct pod_app {
	char *name;
	char *image_id;   /* NULL: by its name (not in a reified manifest) */
	char *image_name; /* NULL: not said */
	struct labels image_labels;
	struct app *app; /* NULL: as in the image (not in a reified manifest) */
	bool read_only_root;
	struct pod_mount *mounts;
	size_t mount_count;
	struct labels annotations;
};

struct pod_port {
	char *name;
	char *host_ip; /* NULL: every address */
	uint16_t host_port;
	struct port *pod_port; /* NULL: the app's port of that name */
};

struct pod_manifest {
	struct pod_app *apps;
	size_t app_count;
	struct volume *volumes;
	size_t volume_count;
	struct isolator *isolators;
	size_t isolator_count;
	struct pod_port *ports;
	size_t port_count;
	struct labels annotations;
	json_t *user_annotations;
	json_t *user_labels;
};

/*
 * Reads the exact bytes of a manifest (at most MANIFEST_MAX) by the spec's
 * schema 0.8.11 and the older forms of rkt-tools(7), "OLD IMAGES".  Returns
 * what the caller frees, or NULL with *why, to be freed by the caller too,
 * naming the member: "app.ports[1].port: 0 is not from 1 to 65535".  It is
 * safe to print.  Isolators of the spec have valid values; an unknown one is
 * kept, and whoever does not apply it says so.
 */
struct image_manifest *image_manifest_parse(
    const char *bytes, size_t length, char **why);
struct pod_manifest *pod_manifest_parse(
    const char *bytes, size_t length, char **why);

/* One app object (apps[].app of a pod manifest, app of an image's). */
struct app *app_parse(const json_t *json, const char *where, char **why);

/*
 * A volume as --volume has it: NAME,kind=host,source=/x or NAME:/x; a mount as
 * --mount has it: volume=NAME,target=/x; and a port as --port has it:
 * NAME:[HOSTIP:]HOSTPORT.  0, or -1 with *why, which the caller frees.
 */
int volume_parse(const char *text, struct volume *volume, char **why);
int mount_parse(const char *text, struct pod_mount *mount, char **why);
int pod_port_parse(const char *text, struct pod_port *port, char **why);

/* The other way, in the newest form; the caller owns the result. */
json_t *app_json(const struct app *app);
json_t *pod_manifest_json(const struct pod_manifest *pod);

/* A deep copy, for a pod's app made from an image's. */
struct app *app_copy(const struct app *app);

/* NULL is accepted; the structure is freed too, but for the last three. */
void app_free(struct app *app);
void image_manifest_free(struct image_manifest *image);
void pod_manifest_free(struct pod_manifest *pod);
void volume_free(struct volume *volume);
void pod_mount_free(struct pod_mount *mount);
void pod_port_free(struct pod_port *port);

/*
 * May this host run it?  Both labels os and arch must be there and be the
 * host's.  Returns NULL, or what is wrong in rkt's words; the caller frees it.
 */
char *image_manifest_unfit(const struct image_manifest *image);

/*
 * Is it the reified form, which can be run?  Every app has its app with a
 * command and the whole id of its image, every mount an absolute path, every
 * port an app's.  Returns NULL, or what is wrong; the caller frees it.
 */
char *pod_manifest_unready(const struct pod_manifest *pod);
