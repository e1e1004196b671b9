/* SPDX-License-Identifier: Apache-2.0 */
/* choices - network, names and terminal: what rkt adds to a pod manifest */
#pragma once

#include <jansson.h>

#include "args.h"
#include "manifest.h"

/*
 * Ends the process if a port is of no app or of two, two ports are one on the
 * host, or several apps want one terminal.
 */
void choices_check(const struct args *args, const struct pod_manifest *pod);

/*
 * The content of the pod's file run.json, as rkt-pod(5) has it, with what
 * pod-list(8) shows of the apps; the caller owns it.
 */
json_t *choices_json(
    const struct args *args, const struct pod_manifest *pod, const char *uuid);

/* The same file, changed by what run-prepared says of the pod. */
void choices_change(json_t *json, const struct args *args);
