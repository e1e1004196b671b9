/* SPDX-License-Identifier: Apache-2.0 */
/* aci - an App Container image: a manifest and a tree */
#pragma once

#include "archive.h"

/*
 * The bytes of the file "manifest" of the archive fd, with a NUL after them,
 * for the caller to free; NULL with fault.  The archive is gone through for
 * it, since it says what the tree below will be.
 */
char *aci_manifest(struct archive *archive, int fd, size_t *length);

/*
 * What is below rootfs goes to the archive's root.  There must be the manifest
 * once, a directory "rootfs" and nothing beside them, each name once, none
 * with ".." in it or absolute; a hard link must follow what it links to, or
 * that must be in the tree below.  Returns 0, or -1 with fault.
 */
int aci_read(struct archive *archive);
