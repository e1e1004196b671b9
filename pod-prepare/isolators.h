/* SPDX-License-Identifier: Apache-2.0 */
/* isolators - what bounds an app: from its image, or from the arguments */
#pragma once

#include "args.h"
#include "bpf.h"
#include "manifest.h"

/*
 * The arguments' isolators take the place of the image's of that name.  What
 * only the operator may give is taken from the image's, and told on stderr.
 */
void isolators_override(
    const char *name, struct app *app, const struct args_image *options);

/* All that this kernel has, in place of what its image or arguments say. */
void isolators_all_capabilities(struct app *app);

/* Ends the process if they cannot be applied; name is the app's. */
void isolators_check(const char *name, const struct app *app);

/* How an app is filtered. */
enum seccomp_kind {
	SECCOMP_DEFAULT, /* by what pod-enter was built with */
	SECCOMP_NONE,    /* the image retains @appc.io/all */
	SECCOMP_OWN
};

/*
 * For SECCOMP_OWN *program is for the caller to free.  Ends the process if the
 * set is not understood.
 */
enum seccomp_kind isolators_seccomp(const char *name, const struct app *app,
    struct sock_filter **program, size_t *instructions);
