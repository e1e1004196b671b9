/* SPDX-License-Identifier: Apache-2.0 */
/* summary - what there is to say about a pod, read from its directory */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "pod.h"

struct summary {
	char uuid[UUID_SIZE];
	enum pod_place place;
	enum pod_state state;
	struct timespec created; /* tv_sec 0: not known */
	struct timespec started; /* tv_sec 0: it was not */
	pid_t pid;               /* of pod-init; 0: not running, or not yet */
	json_t *networks;        /* list of net.json; NULL if there is none */
	json_t *choices;         /* run.json, owner of what apps point to */
	json_t *manifest;        /* NULL: not asked for, or not readable */
	struct summary_app {
		const char *name;
		const char *image;   /* its name */
		const char *version; /* NULL: no such label */
		const char *id;
		int status; /* that it ended with; -1: not known */
		struct timespec finished;
	} * apps;
	size_t app_count;
};

/*
 * Reads what is there; what is not yet or not readable is left out, since a
 * pod may be at any point of its life.  Only with SUMMARY_DETAIL pid and status
 * are looked for, with SUMMARY_MANIFEST the manifest: a list of 1,000 pods
 * counts each file.  The caller frees it.
 */
enum { SUMMARY_DETAIL = 1, SUMMARY_MANIFEST = 2 };
void summary_read(
    const struct pod *pod, unsigned what, struct summary *summary);
void summary_free(struct summary *summary);

/* {"v":1,"pod":{…}}, as pod-list(8) has it; the caller owns it. */
json_t *summary_record(const struct summary *summary);

/*
 * NAME:ip4=ADDRESS, …, as rkt has it; both: with ,ip6=ADDRESS, which else is
 * there only without IPv4.  The caller frees it.
 */
char *summary_networks(const struct summary *summary, bool both);
