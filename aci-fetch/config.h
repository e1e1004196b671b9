/* SPDX-License-Identifier: Apache-2.0 */
/* config - the configuration of an image of docker or OCI kind */
#pragma once

#include <stddef.h>

#include "manifest.h"
#include "spot.h"

struct image_config {
	const char *os; /* as labels have them */
	const char *arch;
	char *created; /* these may be NULL */
	char *author;
	char *comment;
	struct strings diff_ids; /* "sha256-" and 64 digits each */
	struct app *app;
	struct labels facts;  /* what an app does not have, for annotations */
	struct labels labels; /* the image's own, all of them */
	/* What a manifest cannot say: the first of it, and how much. */
	char *left_out;
	size_t left_out_count;
};

/*
 * Reads its bytes strictly.  Returns what config_free() frees, or NULL with
 * *why, for the caller, safe to print: "config.User: "a:b:c" is not …".
 */
struct image_config *config_parse(const char *bytes, size_t length, char **why);
void config_free(struct image_config *config);

/*
 * The part that describes the process (the member "config", which may be
 * absent): fills in app, facts and labels.  0, or -1 as spot.h has it.
 */
int container_read(const struct spot *spot, struct image_config *config);

/* Notes that what is at spot, a text, is left out since it is wrong. */
void config_leave_out(struct image_config *config, const struct spot *spot,
    const char *text, const char *wrong);
