/* SPDX-License-Identifier: Apache-2.0 */
/* ref - how people name an image */
#pragma once

#include "labels.h"

enum ref_kind {
	REF_NAME,   /* example.com/app:1.0,channel=beta */
	REF_HASH,   /* sha512-fa1c: two digits or more */
	REF_URL,    /* http://, https:// or file://…/x.aci */
	REF_FILE,   /* ./x.aci */
	REF_DOCKER, /* docker://busybox:latest */
};

struct ref {
	enum ref_kind kind;
	char *text;           /* as it was given */
	char *name;           /* REF_NAME: without labels; else NULL */
	struct labels labels; /* REF_NAME: those given, version among them */
};

/*
 * Reads text by the rules of rkt (rkt-tools(7), "IMAGE REFERENCES"): the
 * first that fits of hash, URL, existing file, name.  Returns 0 with *ref for
 * ref_free(), or -1 with *why, which the caller frees: "label "version" given
 * twice", "ids are sha512 since 0.2".
 */
int ref_parse(const char *text, struct ref *ref, char **why);
void ref_free(struct ref *ref);
