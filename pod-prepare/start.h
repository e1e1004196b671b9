/* SPDX-License-Identifier: Apache-2.0 */
/* start - what pod-prepare becomes when the pod is to run at once */
#pragma once

#include <jansson.h>

/* From --else to its "--": what fetches, and how. */
struct otherwise {
	char **words; /* NULL: nobody does */
	int count;
};

/*
 * Becomes "pod-netns UUID pod-enter UUID", or "pod-enter UUID" alone if the
 * choices are for the host's network and its users: then pod-netns would change
 * nothing.  Both are told the --fail-status that is prog_status, with which
 * this ends if there is no such program: it is ours.
 */
_Noreturn void start_pod(const char *uuid, const json_t *choices);

/* Becomes the words and then arguments, which ends with NULL. */
_Noreturn void start_other(
    const struct otherwise *otherwise, char *const arguments[]);
