/* SPDX-License-Identifier: Apache-2.0 */
/* aci - what the tar of an image holds: a manifest and a tree */
#pragma once

#include "fault.h"
#include "tree.h"

struct aci {
	char *manifest; /* its bytes, with a NUL after them */
	size_t manifest_length;
	struct tree *tree; /* of rootfs; data on device 1 */
	char *dropped; /* an extended attribute that was left out, or NULL */
};

/*
 * Reads the archive fd of that size.  It must hold the file "manifest" once,
 * a directory "rootfs" and nothing beside them, each name once, none with
 * ".." in it or absolute; a hard link must follow what it links to.  Returns
 * 0 with *aci for aci_free(), or -1 with fault.
 */
int aci_read(int fd, uint64_t size, struct aci *aci, struct fault *fault);
void aci_free(struct aci *aci);
