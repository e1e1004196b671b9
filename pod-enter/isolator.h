/* SPDX-License-Identifier: Apache-2.0 */
/* isolator - the isolators of an app, made part of its plan */
#pragma once

#include <stdbool.h>

struct app;
struct plan_app;
struct pod_manifest;

/*
 * Fills in the rights and limits of plan from app (called name in messages).
 * Those that are not applied are told on stderr; returns -1 with *why, which
 * the caller frees, if one is malformed or must not be left out.
 */
int isolators_apply(
    const char *name, const struct app *app, struct plan_app *plan, char **why);

/*
 * Looks at those of the whole pod, before anything is made: tells what is not
 * applied; one that must not be left out ends the process.
 */
void isolators_of_pod(const struct pod_manifest *pod, bool own_network);
