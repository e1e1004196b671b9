/* SPDX-License-Identifier: Apache-2.0 */
/* directory - makes the directory of a pod, which rkt-pod(5) describes */
#pragma once

#include <jansson.h>

#include "images.h"
#include "isolators.h"
#include "manifest.h"
#include "uuid.h"

/* What an app's file APP.bpf is to hold. */
struct app_filter {
	enum seccomp_kind kind;
	struct sock_filter *program;
	size_t instructions;
};

struct directory {
	char uuid[UUID_SIZE];
	const struct pod_manifest *pod;
	const struct image *images;       /* one for each app */
	const struct app_filter *filters; /* one for each app */
	const json_t *choices;            /* run.json */
	const char *uuid_file;            /* to hold the UUID; NULL: none */
};

/*
 * Makes it in embryo, with the lock held from there to prepared, where it is
 * when this returns.  Ends the process on a failure, after removing what was
 * made: EX_NOINPUT if an image has left the store meanwhile, else
 * EX_CANTCREAT.
 */
void directory_make(const struct directory *directory);

/*
 * To be called when the UUID has been told: until then the end of the process
 * removes the pod, since nobody would know of it.
 */
void directory_keep(void);
