/* SPDX-License-Identifier: Apache-2.0 */
/* appc - an image of docker or OCI kind as an App Container */
#pragma once

#include "config.h"
#include "docker.h"

/* What the manifest is made of. */
struct appc_source {
	const struct docker_ref *reference;
	const struct image_config *config;
	const char *manifest_digest; /* "sha256-…", of its own manifest */
	const char *config_digest;
	const char *config_bytes;
};

/*
 * The bytes of its image manifest, for the caller: the same for the same
 * source.  They have been read back.  NULL with *why, for the caller too: the
 * specification cannot say it ("name "…" is longer than 255 characters").
 */
char *appc_manifest(const struct appc_source *source, char **why);
