/* SPDX-License-Identifier: Apache-2.0 */
/* oci - the JSON that images of docker and OCI kind are described by */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spot.h"

enum {
	/* An image may have as many as docker itself allows, and one. */
	OCI_LAYERS_MAX = 128,
	OCI_INDEX_MAX = 1024,
	/* Of a manifest or an index, and of an image's configuration. */
	OCI_MANIFEST_MAX = 4 * 1024 * 1024,
	OCI_CONFIG_MAX = 4 * 1024 * 1024,
};

/* The types of what we make ourselves. */
#define OCI_DOCKER_MANIFEST \
	"application/vnd.docker.distribution.manifest.v2+json"
#define OCI_DOCKER_CONFIG "application/vnd.docker.container.image.v1+json"
#define OCI_DOCKER_LAYER  "application/vnd.docker.image.rootfs.diff.tar.gzip"

/* What a manifest points to. */
struct oci_blob {
	char *type;   /* media type */
	char *digest; /* "sha256-" and 64 digits */
	int64_t size;
};

struct oci_manifest {
	char *type; /* media type; NULL: it does not say */
	struct oci_blob config;
	struct oci_blob *layers;
	size_t layer_count;
};

struct oci_platform {
	char *os;
	char *arch;
	char *variant; /* these may be NULL */
};

/* One manifest in an index, or in one within. */
struct oci_entry {
	struct oci_blob blob;
	struct oci_platform platform;
	char *name; /* in full, or only a tag; or NULL */
};

struct oci_index {
	char *type; /* media type; NULL: it does not say */
	struct oci_entry *entries;
	size_t count;
};

/*
 * Each reads the bytes of a document strictly: what it names must be sha256,
 * of a known type, and what could be taken for both kinds of document is
 * neither (CVE-2021-41190).  Returns what the caller frees, or NULL with *why,
 * for the caller too, safe to print: "layers[2].digest: is missing".
 */
struct oci_manifest *oci_manifest_parse(
    const char *bytes, size_t length, char **why);
struct oci_index *oci_index_parse(const char *bytes, size_t length, char **why);

void oci_manifest_free(struct oci_manifest *manifest);
void oci_index_free(struct oci_index *index);

/* Does this media type say that it is an index (or docker's manifest list)? */
bool oci_is_index(const char *type);
bool oci_is_manifest(const char *type);
/* A manifest of docker's first kind; and what plain file servers say. */
bool oci_is_schema1(const char *type);
bool oci_is_vague(const char *type);

/* The word of the label os for an operating system; NULL: there is none. */
const char *oci_os_label(const char *os);

/*
 * The entry of an index that fits the platform best; NULL: there is none.
 * Without a variant an architecture is what most machines of it are.
 */
const struct oci_entry *oci_index_choose(
    const struct oci_index *index, const struct oci_platform *platform);

/*
 * OS/ARCHITECTURE[/VARIANT] as docker and OCI have them: linux/arm64/v8.
 * Returns 0 with *platform for oci_platform_free(), or -1: it is not that.
 */
int oci_platform_parse(const char *text, struct oci_platform *platform);
void oci_platform_free(struct oci_platform *platform);

/* That of this host. */
void oci_platform_host(struct oci_platform *platform);

/*
 * The text at spot, "sha256:" and 64 digits, as we write it: "sha256-".  0 with
 * *digest for the caller, or -1 as spot.h has it.
 */
int oci_digest(const struct spot *spot, char **digest);
