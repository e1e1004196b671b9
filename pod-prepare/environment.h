/* SPDX-License-Identifier: Apache-2.0 */
/* environment - the variables that an app starts with, from all sources */
#pragma once

#include "args.h"
#include "manifest.h"

/*
 * The variables of the files, lines of NAME=VALUE taken literally, empty ones
 * and those that begin with # or ; left out.  Ends the process if a line is
 * none of these or a name is there twice.
 */
struct labels environment_files(const struct strings *files);

/*
 * Makes the app's environment final: from the lowest to the highest rank
 * --inherit-env, the image's, --set-env-file, --set-env, --environment
 * (options may be NULL); then what the specification wants each app to have.
 */
void environment_merge(struct pod_app *app, const struct args *args,
    const struct labels *files, const struct args_image *options);
