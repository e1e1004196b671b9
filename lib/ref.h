/* SPDX-License-Identifier: Apache-2.0 */
/* ref - how people name an image */
#pragma once

#include <stdbool.h>

#include "docker.h"
#include "labels.h"

enum ref_kind {
	REF_NAME,           /* example.com/app:1.0,channel=beta */
	REF_HASH,           /* sha512-fa1c: two digits or more */
	REF_URL,            /* http://, https:// or file://…/x.aci */
	REF_FILE,           /* ./x.aci */
	REF_DOCKER,         /* docker://busybox:latest, docker:busybox */
	REF_OCI,            /* oci:DIRECTORY[:TAG] */
	REF_OCI_ARCHIVE,    /* oci-archive:FILE[:TAG] */
	REF_DOCKER_ARCHIVE, /* docker-archive:FILE[:TAG] */
};

struct ref {
	enum ref_kind kind;
	char *text;           /* as it was given */
	char *name;           /* REF_NAME: without labels; else NULL */
	struct labels labels; /* REF_NAME: those given, version among them */
	struct docker_ref docker; /* REF_DOCKER */
	char *path;               /* REF_OCI and the archives; else NULL */
	char *tag; /* REF_OCI and the archives: which one, or NULL */
};

/*
 * Reads text by the rules of rkt (rkt-tools(7), "IMAGE REFERENCES"): the
 * first that fits of hash, URL, existing file, name.  Returns 0 with *ref for
 * ref_free(), or -1 with *why, which the caller frees: "label "version" given
 * twice", "ids are sha512 since 0.2".
 */
int ref_parse(const char *text, struct ref *ref, char **why);
void ref_free(struct ref *ref);

/*
 * Where the image comes from, in the one form that the store knows it by:
 * files by the path that leads to them without a link, docker images in full.
 * NULL: a name, a hash, or a file that is not there.  The caller frees it.
 */
char *ref_url(const struct ref *ref);

/* Is it of this host, to be read anew each time: a file or an archive? */
bool ref_is_local(const struct ref *ref);
