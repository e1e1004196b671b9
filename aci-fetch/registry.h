/* SPDX-License-Identifier: Apache-2.0 */
/* registry - asking for parts of an image, source by source */
#pragma once

#include <stddef.h>

struct docker_ref;
struct progress;
struct want;
struct web;

/* The sources of one image, and what each wants to know before it answers. */
struct registry;

/*
 * Reads the configuration and the credentials, so it comes before confine(3);
 * flags are of web.h.  ref and web stay the caller's, and in use.
 */
struct registry *registry_open(
    struct web *web, const struct docker_ref *ref, unsigned flags);
void registry_close(struct registry *registry);

/*
 * Gets them all, several at a time, each from the first source that gives what
 * it should be: a source that fails is named on stderr, and the next is asked.
 * progress may be NULL.  Returns 0, or an exit status with *why, safe to print,
 * for the caller, who gives the wants to want_free() in both cases.
 */
int registry_get(struct registry *registry, struct want *wants, size_t count,
    struct progress *progress, char **why);
